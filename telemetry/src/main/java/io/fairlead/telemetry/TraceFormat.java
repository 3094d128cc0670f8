package io.fairlead.telemetry;

import java.util.List;

/** How a trace context is written into headers. */
public enum TraceFormat {
  /** {@code traceparent} and {@code tracestate}: W3C Trace Context. */
  W3C(TraceParent.NAME, "tracestate"),
  /** {@code b3}: all in one header. */
  B3_SINGLE(B3.SINGLE),
  /** {@code x-b3-traceid} and its siblings. */
  B3_MULTI(B3.TRACE_ID, B3.SPAN_ID, B3.PARENT_SPAN_ID, B3.SAMPLED, B3.FLAGS);

  private final List<String> headers;

  TraceFormat(String... headers) {
    this.headers = List.of(headers);
  }

  /** The headers of this format in lower case: what to take out before another context goes in. */
  public List<String> headers() {
    return headers;
  }

  /** What the headers of this format say. */
  public Extraction extract(HeaderReader headers) {
    return switch (this) {
      case W3C -> extractW3c(headers);
      case B3_SINGLE -> {
        String header = headers.first(B3.SINGLE);
        yield header == null ? Extraction.ABSENT : B3.parseSingle(header);
      }
      case B3_MULTI -> B3.parseMulti(headers);
    };
  }

  /** Writes the headers of this format. */
  public void inject(TraceContext context, HeaderWriter headers) {
    switch (this) {
      case W3C -> {
        headers.set(TraceParent.NAME, TraceParent.text(context));
        if (!context.traceState().isEmpty()) {
          headers.set("tracestate", context.traceState());
        }
      }
      case B3_SINGLE -> headers.set(B3.SINGLE, B3.single(context));
      case B3_MULTI -> B3.writeMulti(context, headers);
    }
  }

  private static Extraction extractW3c(HeaderReader headers) {
    String parent = headers.first(TraceParent.NAME);
    TraceContext context = parent == null ? null : TraceParent.parse(parent);
    if (context == null) {
      return Extraction.ABSENT;
    }
    String state = headers.first("tracestate");
    return new Extraction.Continued(
        state == null ? context : context.withTraceState(TraceState.checked(state)));
  }
}
