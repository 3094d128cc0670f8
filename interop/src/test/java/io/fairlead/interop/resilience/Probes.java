package io.fairlead.interop.resilience;

import io.fairlead.interop.resilience.Breaker.Permission;
import io.fairlead.interop.resilience.Breaker.State;
import io.fairlead.interop.resilience.Wish.Hook;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Scenarios around the probes of a half-open breaker. Stateless. */
final class Probes {
  private static final Logger LOG = Logger.getLogger(Probes.class.getName());

  /** More than any breaker here permits. */
  private static final int MANY = 100;

  private Probes() {}

  static Outcome lateSuccess(Library library) {
    var breaker = library.breaker(Wish.probes(1));
    Permission late = breaker.probe();
    breaker.openAndWait();
    breaker.probe();
    breaker.expect(State.HALF_OPEN);
    late.success();
    return Outcome.okIf(breaker.state() == State.HALF_OPEN);
  }

  static Outcome staleOutcomes(Library library) {
    var breaker = library.breaker(Wish.probes(3));
    Permission late = breaker.probe();
    breaker.openAndWait();
    breaker.probe();
    breaker.expect(State.HALF_OPEN);
    late.success();
    // One of three is under way, and the late success was none of them.
    return Outcome.okIf(admitted(breaker) <= 2);
  }

  static Outcome ignoredOutcomes(Library library) {
    var breaker = library.breaker(Wish.probes(3));
    Permission late = breaker.probe();
    breaker.openAndWait();
    breaker.probe();
    breaker.expect(State.HALF_OPEN);
    return late.ignore() ? Outcome.okIf(admitted(breaker) <= 2) : Outcome.NOT_OFFERED;
  }

  private static int admitted(Breaker breaker) {
    int admitted = 0;
    while (admitted < MANY && breaker.acquire().isPresent()) {
      admitted++;
    }
    return admitted;
  }

  static Outcome thrownError(Library library) {
    var breaker = library.breaker(Wish.probes(1));
    breaker.openAndWait();
    run(
        breaker,
        () -> {
          throw new StackOverflowError("of the call");
        });
    return breaker.notStuck();
  }

  static Outcome exceptionClassifier(Library library) {
    return withThrowing(
        library,
        Hook.EXCEPTION_CLASSIFIER,
        () -> {
          throw new IllegalStateException("of the call");
        });
  }

  static Outcome resultClassifier(Library library) {
    return withThrowing(library, Hook.RESULT_CLASSIFIER, () -> "result");
  }

  private static Outcome withThrowing(Library library, Hook hook, Callable<String> call) {
    if (!library.hooks().contains(hook)) {
      return Outcome.NOT_OFFERED;
    }
    var broken = new Switchable();
    var breaker = library.breaker(Wish.hook(hook, broken));
    breaker.openAndWait();
    broken.on();
    run(breaker, call);
    return breaker.notStuck();
  }

  /** What comes out of the call is another matter. */
  private static void run(Breaker breaker, Callable<String> call) {
    try {
      breaker.call(call);
    } catch (Exception | Error e) {
      LOG.log(Level.FINE, "the probe ended with", e);
    }
  }

  static Outcome abandoned(Library library) {
    var breaker = library.defaultBreaker();
    breaker.openAndWait();
    breaker.probe();
    breaker.expect(State.HALF_OPEN);
    int abandoned = admitted(breaker);
    if (abandoned == MANY) {
      throw new AssertionError("a half-open breaker must reject in the end");
    }
    breaker.pass(Duration.ofDays(1));
    return breaker.notStuck();
  }
}
