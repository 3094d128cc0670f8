package io.fairlead.resilience;

/** The thread pool bulkhead was closed before the call could run. */
public final class BulkheadClosedException extends RejectedCallException {
  private static final long serialVersionUID = 1;

  BulkheadClosedException(String bulkhead) {
    super("bulkhead " + bulkhead + " is closed");
  }

  @Override
  public String reason() {
    return "bulkhead-closed";
  }
}
