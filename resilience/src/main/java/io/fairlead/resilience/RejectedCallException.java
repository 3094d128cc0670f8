package io.fairlead.resilience;

/**
 * A policy did not let a call through; the call was not made. Has no stack trace and takes no
 * suppressed exceptions, so that rejecting stays cheap under overload and instances can be shared.
 */
public abstract sealed class RejectedCallException extends RuntimeException
    permits CircuitOpenException,
        BulkheadFullException,
        RateLimitedException,
        BulkheadClosedException,
        LimitExceededException,
        LoadShedException {
  private static final long serialVersionUID = 1;

  RejectedCallException(String message) {
    super(message, null, false, false);
  }

  /** Why, in the words that proxies and metrics use, such as {@code circuit-open}. */
  public abstract String reason();
}
