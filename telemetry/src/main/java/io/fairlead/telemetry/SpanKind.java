package io.fairlead.telemetry;

/** The side of a call that a span stands for, as in OpenTelemetry. */
public enum SpanKind {
  /** Work inside a service. */
  INTERNAL(1),
  /** A request received. */
  SERVER(2),
  /** A request sent. */
  CLIENT(3);

  private final int number;

  SpanKind(int number) {
    this.number = number;
  }

  /** The number in OTLP's enum {@code Span.SpanKind}. */
  int number() {
    return number;
  }
}
