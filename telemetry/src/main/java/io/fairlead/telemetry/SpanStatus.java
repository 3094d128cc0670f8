package io.fairlead.telemetry;

/** How the work of a span ended, as in OpenTelemetry. */
public enum SpanStatus {
  /** Nothing was said, which is how success usually looks. */
  UNSET(0),
  /** Declared good by its author. */
  OK(1),
  /** Failed; an attribute {@code error.type} tells why. */
  ERROR(2);

  private final int number;

  SpanStatus(int number) {
    this.number = number;
  }

  /** The number in OTLP's enum {@code Status.StatusCode}. */
  int number() {
    return number;
  }
}
