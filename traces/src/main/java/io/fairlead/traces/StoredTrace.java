package io.fairlead.traces;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The spans of one trace as they arrived. Guarded by its store's lock. */
final class StoredTrace {
  private final TraceId id;
  private final Map<Key, Span> spans = new LinkedHashMap<>();
  private final Map<Resource, Resource> resources = new HashMap<>();
  private long startEpochNanos = Long.MAX_VALUE;
  private long bytes;
  private @Nullable Trace trace;
  private @Nullable TraceSummary summary;

  StoredTrace(TraceId id) {
    this.id = id;
  }

  /**
   * What makes a span the same: older B3 clients give both sides of a call one id, so the kind
   * belongs to it.
   */
  private record Key(long spanId, SpanKind kind) {}

  TraceId id() {
    return id;
  }

  boolean contains(Span span) {
    return spans.containsKey(new Key(span.spanId(), span.kind()));
  }

  /** What the span would add, its resource included if it is the first of its kind here. */
  long bytesOf(Span span) {
    var resource = span.resource();
    return SpanBytes.of(span) + (resources.containsKey(resource) ? 0 : SpanBytes.of(resource));
  }

  /** Holds the span; equal resources are held once. */
  void add(Span span) {
    bytes += bytesOf(span);
    var resource = resources.computeIfAbsent(span.resource(), same -> same);
    spans.put(new Key(span.spanId(), span.kind()), span.withResource(resource));
    startEpochNanos = Math.min(startEpochNanos, span.startEpochNanos());
    trace = null;
    summary = null;
  }

  /** Names of the services with a span here; a name may come twice. */
  Iterable<String> services() {
    return () -> resources.keySet().stream().map(Resource::service).iterator();
  }

  int size() {
    return spans.size();
  }

  long bytes() {
    return bytes;
  }

  long startEpochNanos() {
    return startEpochNanos;
  }

  Iterable<Span> spans() {
    return spans.values();
  }

  Trace trace() {
    var made = trace;
    if (made == null) {
      made = new Trace(id, List.copyOf(spans.values()));
      trace = made;
    }
    return made;
  }

  TraceSummary summary() {
    var made = summary;
    if (made == null) {
      made = TraceSummary.of(trace());
      summary = made;
    }
    return made;
  }
}
