package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Interrupts for timeouts reach the call that they are meant for, whatever else goes wrong. */
@Timeout(120)
class RunningCallsTest {
  /** Both are over at the same look of the clock's thread. */
  private static final Duration SHORT = Duration.ofMillis(1);

  @Test
  void outerCallIsInterruptedAlsoWhenAnInnerOneIsLateAtTheSameTime() throws Exception {
    var task = new FutureTask<>(RunningCallsTest::outerAndInner);
    Thread.ofPlatform().daemon().start(task);
    assertThat(task.get(30, TimeUnit.SECONDS)).isEqualTo("both ended");
    var virtual = new FutureTask<>(RunningCallsTest::outerAndInner);
    Thread.ofVirtual().start(virtual);
    assertThat(virtual.get(30, TimeUnit.SECONDS)).isEqualTo("both ended");
  }

  private static String outerAndInner() {
    var outer = new io.fairlead.resilience.Timeout("outer", SHORT);
    var inner = new io.fairlead.resilience.Timeout("inner", SHORT);
    assertThatExceptionOfType(CallTimeoutException.class)
        .isThrownBy(
            () ->
                outer.call(
                    () -> {
                      assertThatExceptionOfType(CallTimeoutException.class)
                          .isThrownBy(() -> inner.call(RunningCallsTest::untilBothAreOver));
                      // Nothing ends this but the interrupt that was meant for it.
                      new CountDownLatch(1).await();
                      return "never";
                    }))
        .withCauseInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    return "both ended";
  }

  private static String untilBothAreOver() {
    return untilOver(2);
  }

  /** Until so many calls of this thread were interrupted for their timeouts. */
  private static String untilOver(int calls) {
    while (RunningCalls.late(Thread.currentThread()) < calls) {
      LockSupport.parkNanos(1_000_000);
    }
    return "late";
  }

  @Test
  void innerCallThatIsLateAloneLeavesNoInterruptBehind() throws Exception {
    var outer = new io.fairlead.resilience.Timeout("outer", Duration.ofMinutes(5));
    var inner = new io.fairlead.resilience.Timeout("inner", SHORT);
    boolean interrupted =
        outer.call(
            () -> {
              assertThatExceptionOfType(CallTimeoutException.class)
                  .isThrownBy(
                      () -> inner.call(() -> new CountDownLatch(1).await(1, TimeUnit.DAYS)));
              return Thread.currentThread().isInterrupted();
            });
    assertThat(interrupted).isFalse();
  }

  @Test
  void threadThatCannotBeInterruptedStillEndsItsCallAndOthersAreInterrupted() throws Exception {
    var timeout = new io.fairlead.resilience.Timeout("bank", SHORT);
    var stubborn = new FutureTask<>(() -> timeout.call(() -> untilOver(1)));
    new StubbornThread(stubborn).start();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> stubborn.get(30, TimeUnit.SECONDS))
        .withCauseInstanceOf(CallTimeoutException.class);
    assertThatExceptionOfType(CallTimeoutException.class)
        .isThrownBy(() -> timeout.call(() -> new CountDownLatch(1).await(1, TimeUnit.DAYS)));
  }

  private static final class StubbornThread extends Thread {
    StubbornThread(Runnable task) {
      super(task);
      setDaemon(true);
    }

    @Override
    public void interrupt() {
      throw new IllegalStateException("not now");
    }
  }
}
