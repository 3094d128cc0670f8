package io.fairlead.registry;

/** The store cannot read or write now. Its message says why and what would help. */
public final class StoreException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Keeps the engine's own error as the cause. */
  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
