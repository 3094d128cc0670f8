package io.fairlead.telemetry;

/** What the headers of a request say about its trace. Immutable. */
public sealed interface Extraction {
  /** The headers say nothing, or nothing valid. */
  Extraction ABSENT = new Absent();

  /** The caller's span, below which this hop continues the trace. */
  record Continued(TraceContext context) implements Extraction {}

  /**
   * No trace yet, but whether to record it is decided ({@code b3: 0}).
   *
   * @param flags as in {@link TraceContext#flags()}
   */
  record Decided(int flags) implements Extraction {}

  /** Nothing; a new trace starts here. */
  record Absent() implements Extraction {}
}
