package io.fairlead.resilience;

/** As many calls as the bulkhead permits are running, and no turn came in time. */
public final class BulkheadFullException extends RejectedCallException {
  private static final long serialVersionUID = 1;

  BulkheadFullException(String bulkhead) {
    super("bulkhead " + bulkhead + " is full");
  }

  @Override
  public String reason() {
    return "bulkhead-full";
  }
}
