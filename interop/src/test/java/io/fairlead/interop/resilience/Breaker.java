package io.fairlead.interop.resilience;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A circuit breaker of any library, used as that library's documentation says. */
interface Breaker {
  /** Permission for one call, or nothing if it is rejected. */
  Optional<Permission> acquire();

  /** The library's own wrapper around a call. */
  <T extends @Nullable Object> T call(Callable<T> callable) throws Exception;

  State state();

  /** Time passes; a library that takes no clock lets at least the longest wait it knows pass. */
  void pass(Duration time);

  /** What a call tells afterwards; exactly one of these. */
  interface Permission {
    void success();

    void failure();

    /** Returns false if the library has no way to say it. */
    boolean ignore();
  }

  enum State {
    CLOSED,
    OPEN,
    HALF_OPEN
  }

  /** Until a call may be tried again, at least. */
  Duration AFTER_THE_WAIT = Duration.ofSeconds(11);

  /** Reports failures until the breaker is open. */
  default void open() {
    for (int i = 0; i < 1_000 && state() != State.OPEN; i++) {
      acquire().ifPresent(Permission::failure);
    }
    expect(State.OPEN);
  }

  /** Opens it and waits; the next permission is the first probe. */
  default void openAndWait() {
    open();
    pass(AFTER_THE_WAIT);
  }

  /** Makes one probe that is expected to be let through. */
  default Permission probe() {
    return acquire().orElseThrow(() -> new AssertionError("no probe was let through"));
  }

  /** A breaker is stuck that stays half open and lets nothing through although no probe runs. */
  default Outcome notStuck() {
    return Outcome.okIf(acquire().isPresent() || state() != State.HALF_OPEN);
  }

  default void expect(State expected) {
    if (state() != expected) {
      throw new AssertionError("must be " + expected + ", was " + state());
    }
  }
}
