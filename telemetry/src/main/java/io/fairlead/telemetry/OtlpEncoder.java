package io.fairlead.telemetry;

import java.util.List;

/**
 * Encodes spans as an OTLP {@code ExportTraceServiceRequest} in protobuf, the body of {@code POST
 * /v1/traces} and of the gRPC call, without generated classes. Safe for all threads.
 *
 * <p>The field numbers are those of opentelemetry-proto 1.x: {@code collector/trace/v1}, {@code
 * trace/v1}, {@code common/v1} and {@code resource/v1}.
 */
public final class OtlpEncoder {
  // ExportTraceServiceRequest
  private static final int RESOURCE_SPANS = 1;
  // ResourceSpans
  private static final int RESOURCE = 1;
  private static final int SCOPE_SPANS = 2;
  // Resource
  private static final int RESOURCE_ATTRIBUTES = 1;
  // ScopeSpans
  private static final int SCOPE = 1;
  private static final int SPANS = 2;
  // InstrumentationScope
  private static final int SCOPE_NAME = 1;
  // Span
  private static final int TRACE_ID = 1;
  private static final int SPAN_ID = 2;
  private static final int TRACE_STATE = 3;
  private static final int PARENT_SPAN_ID = 4;
  private static final int NAME = 5;
  private static final int KIND = 6;
  private static final int START_TIME_UNIX_NANO = 7;
  private static final int END_TIME_UNIX_NANO = 8;
  private static final int ATTRIBUTES = 9;
  private static final int EVENTS = 11;
  private static final int STATUS = 15;
  private static final int FLAGS = 16;
  // Span.Event
  private static final int EVENT_TIME_UNIX_NANO = 1;
  private static final int EVENT_NAME = 2;
  private static final int EVENT_ATTRIBUTES = 3;
  // Status
  private static final int STATUS_CODE = 3;
  // KeyValue
  private static final int KEY = 1;
  private static final int VALUE = 2;
  // AnyValue
  private static final int STRING_VALUE = 1;
  private static final int INT_VALUE = 3;

  /** Room for a typical span of a proxy, so that a batch rarely grows its buffer. */
  private static final int BYTES_PER_SPAN = 512;

  private static final int W3C_FLAGS = TraceContext.SAMPLED | TraceContext.RANDOM;

  private final String scope;
  private final SpanResource resource;

  /**
   * @param scope the name of what makes the spans, such as {@code io.fairlead.proxy}
   * @param resource who it runs for
   */
  public OtlpEncoder(String scope, SpanResource resource) {
    this.scope = scope;
    this.resource = resource;
  }

  /** The request with these spans, in their order. */
  public byte[] encode(List<SpanRecord> spans) {
    var out = new ProtoWriter(BYTES_PER_SPAN * (spans.size() + 1));
    for (int i = spans.size() - 1; i >= 0; i--) {
      span(out, spans.get(i));
    }
    int scopeStart = out.size();
    out.string(SCOPE_NAME, scope);
    out.message(SCOPE, scopeStart);
    out.message(SCOPE_SPANS, 0);
    int resourceStart = out.size();
    attributes(out, RESOURCE_ATTRIBUTES, resource.attributes());
    attribute(out, RESOURCE_ATTRIBUTES, Attribute.of("service.name", resource.serviceName()));
    out.message(RESOURCE, resourceStart);
    out.message(RESOURCE_SPANS, 0);
    return out.toByteArray();
  }

  private static void span(ProtoWriter out, SpanRecord span) {
    int start = out.size();
    TraceContext context = span.context();
    int flags = context.flags() & W3C_FLAGS;
    if (flags != 0) {
      out.fixed32(FLAGS, flags);
    }
    if (span.status() != SpanStatus.UNSET) {
      int statusStart = out.size();
      out.number(STATUS_CODE, span.status().number());
      out.message(STATUS, statusStart);
    }
    for (int i = span.events().size() - 1; i >= 0; i--) {
      event(out, span.events().get(i));
    }
    attributes(out, ATTRIBUTES, span.attributes());
    out.fixed64(END_TIME_UNIX_NANO, span.startEpochNanos() + span.durationNanos());
    out.fixed64(START_TIME_UNIX_NANO, span.startEpochNanos());
    out.number(KIND, span.kind().number());
    out.string(NAME, span.name());
    if (context.parentSpanId() != 0) {
      out.id(PARENT_SPAN_ID, context.parentSpanId());
    }
    if (!context.traceState().isEmpty()) {
      out.string(TRACE_STATE, context.traceState());
    }
    out.id(SPAN_ID, context.spanId());
    out.id(TRACE_ID, context.traceIdHigh(), context.traceIdLow());
    out.message(SPANS, start);
  }

  private static void event(ProtoWriter out, SpanEvent event) {
    int start = out.size();
    attributes(out, EVENT_ATTRIBUTES, event.attributes());
    out.string(EVENT_NAME, event.name());
    out.fixed64(EVENT_TIME_UNIX_NANO, event.epochNanos());
    out.message(EVENTS, start);
  }

  private static void attributes(ProtoWriter out, int field, List<Attribute> attributes) {
    for (int i = attributes.size() - 1; i >= 0; i--) {
      attribute(out, field, attributes.get(i));
    }
  }

  private static void attribute(ProtoWriter out, int field, Attribute attribute) {
    int start = out.size();
    switch (attribute) {
      case Attribute.Text text -> out.string(STRING_VALUE, text.value());
      case Attribute.Number number -> out.number(INT_VALUE, number.value());
    }
    out.message(VALUE, start);
    out.string(KEY, attribute.key());
    out.message(field, start);
  }
}
