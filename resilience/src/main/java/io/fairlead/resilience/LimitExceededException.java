package io.fairlead.resilience;

/** As many calls are in flight as the adaptive limit lets through at present. */
public final class LimitExceededException extends RejectedCallException {
  private static final long serialVersionUID = 1;

  LimitExceededException(String limit) {
    super("concurrency limit " + limit + " is reached");
  }

  @Override
  public String reason() {
    return "concurrency-limit";
  }
}
