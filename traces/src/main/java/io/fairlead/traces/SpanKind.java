package io.fairlead.traces;

/** Which side of which relation a span shows; the words and their order are OTLP's. */
public enum SpanKind {
  UNSPECIFIED,
  INTERNAL,
  SERVER,
  CLIENT,
  PRODUCER,
  CONSUMER
}
