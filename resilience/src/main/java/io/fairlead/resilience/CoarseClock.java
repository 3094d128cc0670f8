package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * {@link System#nanoTime()} as it was a moment ago, for the price of one load. A daemon thread
 * reads the clock every {@link #RESOLUTION_NANOS} while policies ask for it, and every {@link
 * #FINE_NANOS} while some need it finer; it rests when none did so for a second, and ends after a
 * minute. It also interrupts the {@link RunningCalls} that are over their timeout. Safe for all
 * threads.
 *
 * <p>The time goes back only by the microseconds in which the thread begins to keep it. Where the
 * thread gets no processor it lags as long as that lasts, so only what tolerates such a lag may use
 * it: {@link Ticker#atLeast} decides.
 */
final class CoarseClock {
  static final long RESOLUTION_NANOS = 10_000_000;
  static final long FINE_NANOS = 1_000_000;

  /** Durations from here on are measured to one percent by the usual resolution. */
  static final long LONG_NANOS = 100 * RESOLUTION_NANOS;

  /** Nobody keeps the time; the reader takes it from the system and starts the thread. */
  private static final long STOPPED = Long.MIN_VALUE;

  private static final long SECOND = 1_000_000_000;

  /**
   * Long enough that no caller who read the time before it stopped can still be about to use it.
   */
  private static final int IDLE_SECONDS = 60;

  private static final AtomicBoolean RUNNING = new AtomicBoolean();

  private static volatile long now = STOPPED;
  private static volatile boolean used;
  private static volatile boolean usedFinely;
  private static volatile @Nullable Thread keeper;

  private CoarseClock() {}

  static long nanos() {
    long time = now;
    if (time == STOPPED) {
      return start();
    }
    if (!used) {
      used = true;
    }
    return time;
  }

  /** As {@link #nanos()} for those who need the finer resolution. */
  static long fineNanos() {
    if (!usedFinely) {
      beFine();
    }
    return nanos();
  }

  /** Has the thread look at the {@link RunningCalls} in time for one with this timeout. */
  static void wake(long timeoutNanos) {
    if (timeoutNanos < LONG_NANOS && !usedFinely) {
      beFine();
    }
    nanos();
  }

  private static void beFine() {
    usedFinely = true;
    LockSupport.unpark(keeper);
  }

  /** Whether the thread keeps the time now. */
  static boolean isTicking() {
    return now != STOPPED;
  }

  private static long start() {
    used = true;
    if (RUNNING.compareAndSet(false, true)) {
      try {
        Thread thread =
            Thread.ofPlatform()
                .daemon()
                .name("fairlead-clock")
                .inheritInheritableThreadLocals(false)
                .unstarted(CoarseClock::keep);
        // The application that happened to call first must remain collectable.
        thread.setContextClassLoader(null);
        keeper = thread;
        thread.start();
      } catch (Throwable e) {
        // Without a thread to be had, each reader asks the system.
        RUNNING.set(false);
      }
    } else {
      LockSupport.unpark(keeper);
    }
    return System.nanoTime();
  }

  private static void keep() {
    try {
      int idleSeconds = 0;
      while (idleSeconds < IDLE_SECONDS || RunningCalls.earliestDeadline() != RunningCalls.NONE) {
        RunningCalls.forgetThreads();
        if (used) {
          used = false;
          usedFinely = false;
          idleSeconds = 0;
          tickForASecond();
        } else {
          now = STOPPED;
          idleSeconds++;
          RunningCalls.look(System.nanoTime());
          restForASecond();
        }
      }
    } finally {
      now = STOPPED;
      keeper = null;
      RUNNING.set(false);
      // Who began a call after the last look at them and found this thread still running, or was
      // left by one that broke down, would have nobody to interrupt it.
      if (used || RunningCalls.earliestDeadline() != RunningCalls.NONE) {
        start();
      }
    }
  }

  /** Who used the finer resolution during the last second has it for this one. */
  private static void tickForASecond() {
    long end = System.nanoTime() + SECOND;
    for (long time = System.nanoTime(); time - end < 0; time = System.nanoTime()) {
      now = time;
      RunningCalls.look(time);
      LockSupport.parkNanos(usedFinely ? FINE_NANOS : RESOLUTION_NANOS);
    }
  }

  /** Only long calls are left, if any: no reason to wake up but the next deadline. */
  private static void restForASecond() {
    long deadline = RunningCalls.earliestDeadline();
    long wait = deadline == RunningCalls.NONE ? SECOND : deadline - System.nanoTime();
    if (wait > 0 && !used) {
      LockSupport.parkNanos(Math.min(wait, SECOND));
    }
  }
}
