package io.fairlead.interop.resilience;

import io.fairlead.interop.resilience.Wish.Hook;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Whether a second thread can use a policy while code of the user, which the policy runs on a first
 * thread, does not return. Stateless.
 */
final class Locks {
  private static final Logger LOG = Logger.getLogger(Locks.class.getName());
  private static final Duration BOUND = Duration.ofSeconds(20);

  /** Enough for a breaker to go through all its states twice. */
  private static final int USES = 12;

  /** A round of a breaker has three transitions; the listener blocks at one of them. */
  private static final int TRANSITIONS = 3;

  private Locks() {}

  static Outcome whileUserCodeRuns(Library library) throws InterruptedException {
    var outcomes = new LinkedHashMap<String, Outcome>();
    outcomes.put("the call", blockedAt(library, Map.of(), 1));
    for (var hook : library.hooks()) {
      int places = hook == Hook.LISTENER ? TRANSITIONS : 1;
      for (int nth = 1; nth <= places; nth++) {
        outcomes.put(hook + " " + nth, blockedAt(library, Map.of(hook, nth), nth));
      }
    }
    LOG.log(Level.FINE, "{0}: {1}", new Object[] {library.title(), outcomes});
    return Outcome.okIf(outcomes.values().stream().allMatch(Outcome.OK::equals));
  }

  private static Outcome blockedAt(Library library, Map<Hook, Integer> places, int nth)
      throws InterruptedException {
    var user = new Blocking(nth);
    var hooks = new HashMap<Hook, Runnable>();
    places.keySet().forEach(hook -> hooks.put(hook, user));
    var breaker = library.breaker(new Wish(1, hooks));
    var first =
        Thread.ofPlatform().daemon().unstarted(() -> round(breaker, places.isEmpty(), user));
    var second = Thread.ofPlatform().daemon().unstarted(() -> use(breaker));
    first.start();
    try {
      if (!user.entered.await(BOUND.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(places + ": the code of the user was not reached");
      }
      second.start();
      return Outcome.okIf(endsWithout(user, second));
    } finally {
      user.release.countDown();
      first.join(BOUND);
      second.join(BOUND);
    }
  }

  /** CLOSED to OPEN to HALF_OPEN to CLOSED by calls, with every hook on the way. */
  private static void round(Breaker breaker, boolean blockInCall, Blocking user) {
    if (blockInCall) {
      call(breaker, user);
    }
    call(breaker, Locks::fail);
    call(breaker, Locks::fail);
    breaker.pass(Breaker.AFTER_THE_WAIT);
    call(breaker, () -> {});
  }

  private static void fail() {
    throw new IllegalStateException("of the call");
  }

  private static void call(Breaker breaker, Runnable code) {
    try {
      breaker.call(
          () -> {
            code.run();
            return "";
          });
    } catch (Exception e) {
      LOG.log(Level.FINE, "the call ended with", e);
    }
  }

  private static void use(Breaker breaker) {
    for (int i = 0; i < USES; i++) {
      breaker
          .acquire()
          .ifPresentOrElse(Breaker.Permission::failure, () -> breaker.pass(Breaker.AFTER_THE_WAIT));
    }
  }

  /** Until the second thread has ended, or waits for a lock of the one that runs user code. */
  private static boolean endsWithout(Blocking user, Thread second) throws InterruptedException {
    var threads = ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + BOUND.toNanos();
    while (System.nanoTime() - end < 0) {
      if (second.join(Duration.ofMillis(1))) {
        return true;
      }
      var info = threads.getThreadInfo(second.threadId());
      if (info != null && info.getLockOwnerId() == user.threadId) {
        return false;
      }
    }
    return false;
  }

  /** Code of the user that does not return the nth time it is run, until it is released. */
  private static final class Blocking implements Runnable {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger untilBlocked;
    private volatile long threadId;

    Blocking(int nth) {
      untilBlocked = new AtomicInteger(nth);
    }

    @Override
    public void run() {
      if (untilBlocked.decrementAndGet() != 0) {
        return;
      }
      threadId = Thread.currentThread().threadId();
      entered.countDown();
      try {
        if (!release.await(2 * BOUND.toSeconds(), TimeUnit.SECONDS)) {
          throw new AssertionError("was not released");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
