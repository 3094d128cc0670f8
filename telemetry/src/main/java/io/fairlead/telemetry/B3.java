package io.fairlead.telemetry;

import org.jspecify.annotations.Nullable;

/** The grammar of B3, in one header and in several (openzipkin/b3-propagation). */
final class B3 {
  static final String SINGLE = "b3";
  static final String TRACE_ID = "x-b3-traceid";
  static final String SPAN_ID = "x-b3-spanid";
  static final String PARENT_SPAN_ID = "x-b3-parentspanid";
  static final String SAMPLED = "x-b3-sampled";
  static final String FLAGS = "x-b3-flags";

  private static final int DEBUG = TraceContext.SAMPLED | TraceContext.DEBUG;
  private static final int INVALID = -1;

  private B3() {}

  /** {@code traceid-spanid[-state[-parentspanid]]}, or the state alone. */
  static Extraction parseSingle(String header) {
    byte[] bytes = Hex.bytes(header);
    if (bytes.length == 1) {
      int flags = state(header);
      return flags == INVALID ? Extraction.ABSENT : new Extraction.Decided(flags);
    }
    String[] parts = header.split("-", -1);
    if (parts.length < 2 || parts.length > 4) {
      return Extraction.ABSENT;
    }
    int flags = parts.length == 2 ? TraceContext.DEFERRED : state(parts[2]);
    return context(parts[0], parts[1], parts.length == 4 ? parts[3] : null, flags);
  }

  static Extraction parseMulti(HeaderReader headers) {
    int flags = flags(headers.first(SAMPLED), headers.first(FLAGS));
    String traceId = headers.first(TRACE_ID);
    String spanId = headers.first(SPAN_ID);
    if (traceId != null && spanId != null) {
      return context(traceId, spanId, headers.first(PARENT_SPAN_ID), flags);
    }
    boolean decided = traceId == null && spanId == null && flags >= 0;
    return decided && flags != TraceContext.DEFERRED
        ? new Extraction.Decided(flags)
        : Extraction.ABSENT;
  }

  static String single(TraceContext context) {
    String ids = context.traceIdText() + "-" + context.spanIdText();
    if (context.deferred()) {
      return ids; // A parent cannot be told without a state.
    }
    String decided = ids + "-" + (context.debug() ? "d" : sampled(context));
    return context.parentSpanId() == 0 ? decided : decided + "-" + context.parentSpanIdText();
  }

  static void writeMulti(TraceContext context, HeaderWriter headers) {
    headers.set(TRACE_ID, context.traceIdText());
    headers.set(SPAN_ID, context.spanIdText());
    if (context.parentSpanId() != 0) {
      headers.set(PARENT_SPAN_ID, context.parentSpanIdText());
    }
    if (context.debug()) {
      headers.set(FLAGS, "1"); // Implies sampled, which must then not be sent.
    } else if (!context.deferred()) {
      headers.set(SAMPLED, sampled(context));
    }
  }

  private static String sampled(TraceContext context) {
    return context.sampled() ? "1" : "0";
  }

  private static int flags(@Nullable String sampled, @Nullable String flags) {
    if ("1".equals(flags)) {
      return DEBUG;
    }
    if (sampled == null) {
      return TraceContext.DEFERRED;
    }
    return switch (sampled) {
      // Words of tracers from before the specification, which it asks to accept.
      case "true" -> TraceContext.SAMPLED;
      case "false" -> 0;
      case "d" -> INVALID;
      default -> state(sampled);
    };
  }

  private static int state(String state) {
    return switch (state) {
      case "0" -> 0;
      case "1" -> TraceContext.SAMPLED;
      case "d" -> DEBUG;
      default -> INVALID;
    };
  }

  private static Extraction context(
      String traceId, String spanId, @Nullable String parentSpanId, int flags) {
    byte[] trace = Hex.bytes(traceId);
    boolean wide = trace.length == 32;
    if (flags == INVALID || !wide && trace.length != 16 || !Hex.valid(trace, 0, trace.length)) {
      return Extraction.ABSENT;
    }
    long high = wide ? Hex.read(trace, 0, 16) : 0;
    long low = Hex.read(trace, trace.length - 16, 16);
    long span = spanId(spanId);
    long parent = parentSpanId == null ? 0 : spanId(parentSpanId);
    boolean parentValid = parentSpanId == null || parent != 0;
    if ((high | low) == 0 || span == 0 || !parentValid) {
      return Extraction.ABSENT;
    }
    return new Extraction.Continued(new TraceContext(high, low, span, parent, flags, ""));
  }

  /** Zero if it is invalid, which zero is as well. */
  private static long spanId(String text) {
    byte[] bytes = Hex.bytes(text);
    return bytes.length == 16 && Hex.valid(bytes, 0, 16) ? Hex.read(bytes, 0, 16) : 0;
  }
}
