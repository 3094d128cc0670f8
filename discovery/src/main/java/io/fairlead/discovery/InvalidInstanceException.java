package io.fairlead.discovery;

import java.util.List;
import java.util.stream.Collectors;

/** What was said about an instance breaks rules; {@link #faults()} names every one of them. */
public final class InvalidInstanceException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<Fault> faults;

  /** Takes at least one fault. */
  public InvalidInstanceException(List<Fault> faults) {
    super(faults.stream().map(Fault::message).collect(Collectors.joining("; ")));
    this.faults = List.copyOf(faults);
  }

  /** Every broken rule, in the order of the fields. */
  public List<Fault> faults() {
    return faults;
  }
}
