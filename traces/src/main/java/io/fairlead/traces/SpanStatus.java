package io.fairlead.traces;

/** How the work of a span ended; the words and their order are OTLP's. */
public enum SpanStatus {
  UNSET,
  OK,
  ERROR
}
