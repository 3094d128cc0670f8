package io.fairlead.interop.resilience;

import java.util.Map;
import java.util.Optional;

/**
 * A breaker that a scenario asks for: a window of two calls that opens when both failed, and the
 * library's own wait. Immutable.
 *
 * @param probes calls let through in HALF_OPEN
 * @param hooks code of the user that the breaker runs
 */
record Wish(int probes, Map<Hook, Runnable> hooks) {
  /** Where a library runs code of its user. */
  enum Hook {
    /** Told of every transition. */
    LISTENER,
    /** Told of every outcome. */
    OUTCOME_LISTENER,
    /** Decides whether what a call threw is a failure. */
    EXCEPTION_CLASSIFIER,
    /** Decides whether what a call returned is a failure. */
    RESULT_CLASSIFIER,
    /** Says how long to stay open. */
    WAIT_FUNCTION
  }

  Wish {
    hooks = Map.copyOf(hooks);
  }

  static Wish probes(int probes) {
    return new Wish(probes, Map.of());
  }

  static Wish hook(Hook hook, Runnable code) {
    return new Wish(1, Map.of(hook, code));
  }

  Optional<Runnable> on(Hook hook) {
    return Optional.ofNullable(hooks.get(hook));
  }
}
