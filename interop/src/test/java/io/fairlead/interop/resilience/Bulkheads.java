package io.fairlead.interop.resilience;

import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Scenarios around the places of a bulkhead. Stateless. */
final class Bulkheads {
  private static final Logger LOG = Logger.getLogger(Bulkheads.class.getName());
  private static final Duration SHORT = Duration.ofMillis(5);

  private Bulkheads() {}

  static Outcome givenBackTwice(Library library) throws InterruptedException {
    var bulkhead = library.bulkhead(2, Duration.ZERO);
    enter(bulkhead);
    var giveBack = enter(bulkhead);
    giveBack.run();
    try {
      giveBack.run();
    } catch (IllegalStateException e) {
      LOG.log(Level.FINE, "refused", e);
    }
    // One is still inside, so there is room for one more.
    enter(bulkhead);
    return Outcome.okIf(bulkhead.enter().isEmpty());
  }

  static Outcome gaveUp(Library library) throws InterruptedException {
    var bulkhead = library.bulkhead(1, SHORT);
    var giveBack = enter(bulkhead);
    if (bulkhead.enter().isPresent()) {
      throw new AssertionError("a full bulkhead must not let anybody in");
    }
    giveBack.run();
    return Outcome.okIf(bulkhead.enter().isPresent());
  }

  private static Runnable enter(Entrance bulkhead) throws InterruptedException {
    return bulkhead.enter().orElseThrow(() -> new AssertionError("there must be room"));
  }
}
