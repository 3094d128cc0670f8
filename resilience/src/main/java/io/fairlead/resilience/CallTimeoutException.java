package io.fairlead.resilience;

import java.time.Duration;

/**
 * A call took longer than it may. Its cause is what the call threw when it was interrupted, which
 * shows where it was; there is none if the call came back as if nothing had happened.
 */
public final class CallTimeoutException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private CallTimeoutException() {
    super("deadline: the call was not over in time", null, false, false);
  }

  /** One without a place, to be told and never thrown. */
  static CallTimeoutException shared() {
    return new CallTimeoutException();
  }

  CallTimeoutException(String name, Duration limit) {
    super("timeout " + name + ": the call took longer than " + limit);
  }
}
