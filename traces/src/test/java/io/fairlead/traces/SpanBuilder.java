package io.fairlead.traces;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes spans for tests; times are in milliseconds after a fixed moment. */
final class SpanBuilder {
  /** 2026-11-01T12:00:00Z. */
  static final long EPOCH_NANOS = 1_793_534_400_000_000_000L;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private TraceId traceId = new TraceId(0xfa1, 0xead);
  private final long id;
  private long parent;
  private String service = "order";
  private final Map<String, AttributeValue> resource = new HashMap<>();
  private String name = "work";
  private SpanKind kind = SpanKind.INTERNAL;
  private long startNanos = EPOCH_NANOS;
  private long durationNanos = 10 * NANOS_PER_MILLI;
  private SpanStatus status = SpanStatus.UNSET;
  private String message = "";
  private final Map<String, AttributeValue> attributes = new HashMap<>();
  private final List<SpanEvent> events = new ArrayList<>();

  private SpanBuilder(long id) {
    this.id = id;
  }

  static SpanBuilder span(long id) {
    return new SpanBuilder(id);
  }

  SpanBuilder trace(long number) {
    traceId = new TraceId(0xfa1, number);
    return this;
  }

  SpanBuilder under(long parentId) {
    parent = parentId;
    return this;
  }

  SpanBuilder of(String serviceName, String operation) {
    service = serviceName;
    name = operation;
    return this;
  }

  SpanBuilder host(String host) {
    resource.put("host.name", AttributeValue.of(host));
    return this;
  }

  SpanBuilder kind(SpanKind its) {
    kind = its;
    return this;
  }

  SpanBuilder at(long startMillis, long endMillis) {
    startNanos = EPOCH_NANOS + startMillis * NANOS_PER_MILLI;
    durationNanos = (endMillis - startMillis) * NANOS_PER_MILLI;
    return this;
  }

  SpanBuilder failed(String why) {
    status = SpanStatus.ERROR;
    message = why;
    return this;
  }

  SpanBuilder tag(String key, AttributeValue value) {
    attributes.put(key, value);
    return this;
  }

  SpanBuilder event(long atMillis, String what, Map<String, AttributeValue> details) {
    events.add(new SpanEvent(EPOCH_NANOS + atMillis * NANOS_PER_MILLI, what, details));
    return this;
  }

  Span build() {
    return new Span(
        traceId,
        id,
        parent,
        new Resource(service, resource),
        name,
        kind,
        startNanos,
        durationNanos,
        status,
        message,
        attributes,
        events);
  }

  static Trace trace(SpanBuilder... spans) {
    var built = new ArrayList<Span>();
    for (SpanBuilder span : spans) {
      built.add(span.build());
    }
    return new Trace(built.getFirst().traceId(), built);
  }
}
