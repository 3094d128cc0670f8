package io.fairlead.resilience;

/** The load leaves no room for calls of this priority. */
public final class LoadShedException extends RejectedCallException {
  private static final long serialVersionUID = 1;

  private final Priority priority;

  LoadShedException(String shedder, Priority priority) {
    super("load shedder " + shedder + " has no room for priority " + priority);
    this.priority = priority;
  }

  /** The priority of the call. */
  public Priority priority() {
    return priority;
  }

  @Override
  public String reason() {
    return "load-shed";
  }
}
