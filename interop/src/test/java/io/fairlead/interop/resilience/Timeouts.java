package io.fairlead.interop.resilience;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What a timeout does to the call that is late. Stateless. */
final class Timeouts {
  private static final Logger LOG = Logger.getLogger(Timeouts.class.getName());
  private static final Duration LIMIT = Duration.ofMillis(20);

  /** Much longer than the limit; who has not ended the call by then does not. */
  private static final long BOUND_SECONDS = 5;

  private Timeouts() {}

  /** Calls on this thread, each with a limit of time. */
  @FunctionalInterface
  interface Limited {
    Object call(Callable<?> callable) throws Exception;
  }

  static Outcome endsCall(Library library) throws InterruptedException {
    var timeout = library.timeout(LIMIT);
    if (timeout.isEmpty()) {
      return Outcome.NOT_OFFERED;
    }
    var release = new CountDownLatch(1);
    var caller =
        Thread.ofPlatform().daemon().start(() -> waitWithin(timeout.orElseThrow(), release));
    boolean ended = caller.join(Duration.ofSeconds(BOUND_SECONDS));
    release.countDown();
    return Outcome.okIf(ended);
  }

  private static void waitWithin(Limited timeout, CountDownLatch release) {
    try {
      timeout.call(() -> release.await(2 * BOUND_SECONDS, TimeUnit.SECONDS));
    } catch (Exception e) {
      LOG.log(Level.FINE, "ended with", e);
    }
  }
}
