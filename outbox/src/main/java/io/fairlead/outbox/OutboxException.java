package io.fairlead.outbox;

/**
 * The database failed; its exception is the cause. What was asked for may or may not have happened.
 */
public final class OutboxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  OutboxException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
  }
}
