package io.fairlead.traces;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fairlead.traces.SpanStore.ServiceOperations;
import io.fairlead.traces.SpanStore.StoreStats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JSON forms of the query API, shared by its server and its client. Times in nanoseconds are
 * texts, because the numbers of JavaScript cannot hold them.
 */
final class TraceJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private TraceJson() {}

  static String rpcStatus(int code, String message) {
    return NODES.objectNode().put("code", code).put("message", message).toString();
  }

  /** One broken rule of a query. */
  record Fault(String field, String value, String rule) {
    String message() {
      return field + ": " + rule + ", was '" + value + "'";
    }
  }

  /** A problem in the form of RFC 9457. */
  static String problem(int status, String title, String detail, List<Fault> faults) {
    var problem = NODES.objectNode();
    problem.put("title", title).put("status", status).put("detail", detail);
    var list = problem.putArray("faults");
    for (Fault fault : faults) {
      list.addObject()
          .put("field", fault.field())
          .put("value", fault.value())
          .put("rule", fault.rule())
          .put("message", fault.message());
    }
    return problem.toString();
  }

  /** The spans as they were told, and what the analysis makes of them. */
  static String trace(Trace trace, TraceAnalysis analysis) {
    var json = NODES.objectNode().put("traceId", trace.id().toString());
    var spans = json.putArray("spans");
    trace.spans().forEach(span -> spans.add(span(span)));
    var verdict = json.putObject("analysis");
    verdict.put("durationNanos", analysis.durationNanos());
    var path = verdict.putArray("criticalPath");
    for (var segment : analysis.criticalPath()) {
      path.addObject()
          .put("spanId", segment.span().spanIdText())
          .put("startTimeUnixNano", Long.toString(segment.startEpochNanos()))
          .put("endTimeUnixNano", Long.toString(segment.endEpochNanos()));
    }
    analysis.failing().ifPresent(span -> verdict.put("failingSpanId", span.spanIdText()));
    verdict.put("bottleneckSpanId", analysis.bottleneck().span().spanIdText());
    analysis.findings().forEach(verdict.putArray("findings")::add);
    return json.toString();
  }

  static Trace readTrace(byte[] text) throws IOException {
    return read(
        text,
        json -> {
          var id = traceId(json);
          var spans = new ArrayList<Span>();
          json.path("spans").forEach(span -> spans.add(readSpan(id, span)));
          return new Trace(id, spans);
        });
  }

  static String summaries(List<TraceSummary> summaries) {
    var json = NODES.objectNode();
    var list = json.putArray("traces");
    for (TraceSummary summary : summaries) {
      var item =
          list.addObject()
              .put("traceId", summary.id().toString())
              .put("service", summary.service())
              .put("operation", summary.operation())
              .put("startTimeUnixNano", Long.toString(summary.startEpochNanos()))
              .put("durationNanos", summary.durationNanos())
              .put("spanCount", summary.spanCount())
              .put("errorCount", summary.errorCount());
      var services = item.putObject("services");
      summary.services().forEach(services::put);
    }
    return json.toString();
  }

  static List<TraceSummary> readSummaries(byte[] text) throws IOException {
    return read(
        text,
        json -> {
          var summaries = new ArrayList<TraceSummary>();
          for (JsonNode item : json.path("traces")) {
            var services = new TreeMap<String, Integer>();
            item.path("services")
                .properties()
                .forEach(e -> services.put(e.getKey(), e.getValue().asInt()));
            summaries.add(
                new TraceSummary(
                    traceId(item),
                    item.path("service").asText(),
                    item.path("operation").asText(),
                    item.path("startTimeUnixNano").asLong(),
                    item.path("durationNanos").asLong(),
                    item.path("errorCount").asInt(),
                    services));
          }
          return summaries;
        });
  }

  static String services(List<ServiceOperations> services) {
    var json = NODES.objectNode();
    var list = json.putArray("services");
    for (ServiceOperations service : services) {
      var operations = list.addObject().put("service", service.service()).putArray("operations");
      service.operations().forEach(operations::add);
    }
    return json.toString();
  }

  static List<ServiceOperations> readServices(byte[] text) throws IOException {
    return read(
        text,
        json -> {
          var services = new ArrayList<ServiceOperations>();
          for (JsonNode item : json.path("services")) {
            var operations = new ArrayList<String>();
            item.path("operations").forEach(name -> operations.add(name.asText()));
            services.add(new ServiceOperations(item.path("service").asText(), operations));
          }
          return services;
        });
  }

  static String stats(StoreStats stats) {
    return NODES
        .objectNode()
        .put("traces", stats.traces())
        .put("spans", stats.spans())
        .put("bytes", stats.bytes())
        .put("stored", stats.stored())
        .put("repeated", stats.repeated())
        .put("evictedTraces", stats.evictedTraces())
        .put("evictedSpans", stats.evictedSpans())
        .put("droppedLate", stats.droppedLate())
        .put("droppedOversize", stats.droppedOversize())
        .toString();
  }

  static StoreStats readStats(byte[] text) throws IOException {
    return read(
        text,
        json ->
            new StoreStats(
                json.path("traces").asLong(),
                json.path("spans").asLong(),
                json.path("bytes").asLong(),
                json.path("stored").asLong(),
                json.path("repeated").asLong(),
                json.path("evictedTraces").asLong(),
                json.path("evictedSpans").asLong(),
                json.path("droppedLate").asLong(),
                json.path("droppedOversize").asLong()));
  }

  /** The sentence of a problem, or empty if the text is none. */
  static String readDetail(byte[] text) {
    try {
      return MAPPER.readTree(text).path("detail").asText();
    } catch (IOException e) {
      return "";
    }
  }

  private static ObjectNode span(Span span) {
    var json =
        NODES
            .objectNode()
            .put("spanId", span.spanIdText())
            .put("parentSpanId", span.parentSpanIdText())
            .put("service", span.service())
            .put("name", span.name())
            .put("kind", span.kind().name())
            .put("startTimeUnixNano", Long.toString(span.startEpochNanos()))
            .put("durationNanos", span.durationNanos())
            .put("status", span.status().name())
            .put("statusMessage", span.statusMessage());
    json.set("attributes", attributes(span.attributes()));
    json.set("resource", attributes(span.resource().attributes()));
    ArrayNode events = json.putArray("events");
    for (SpanEvent event : span.events()) {
      events
          .addObject()
          .put("timeUnixNano", Long.toString(event.epochNanos()))
          .put("name", event.name())
          .set("attributes", attributes(event.attributes()));
    }
    return json;
  }

  private static ObjectNode attributes(Map<String, AttributeValue> attributes) {
    var json = NODES.objectNode();
    for (var attribute : new TreeMap<>(attributes).entrySet()) {
      switch (attribute.getValue()) {
        case AttributeValue.Text(var value) -> json.put(attribute.getKey(), value);
        case AttributeValue.Bool(boolean value) -> json.put(attribute.getKey(), value);
        case AttributeValue.Int(long value) -> json.put(attribute.getKey(), value);
        case AttributeValue.Real(double value) -> json.put(attribute.getKey(), value);
      }
    }
    return json;
  }

  private static Span readSpan(TraceId id, JsonNode json) {
    var events = new ArrayList<SpanEvent>();
    for (JsonNode event : json.path("events")) {
      events.add(
          new SpanEvent(
              event.path("timeUnixNano").asLong(),
              event.path("name").asText(),
              readAttributes(event.path("attributes"))));
    }
    var resource =
        new Resource(json.path("service").asText(), readAttributes(json.path("resource")));
    return new Span(
        id,
        readSpanId(json.path("spanId").asText()),
        readSpanId(json.path("parentSpanId").asText()),
        resource,
        json.path("name").asText(),
        SpanKind.valueOf(json.path("kind").asText()),
        json.path("startTimeUnixNano").asLong(),
        json.path("durationNanos").asLong(),
        SpanStatus.valueOf(json.path("status").asText()),
        json.path("statusMessage").asText(),
        readAttributes(json.path("attributes")),
        events);
  }

  private static Map<String, AttributeValue> readAttributes(JsonNode json) {
    var attributes = new LinkedHashMap<String, AttributeValue>();
    for (var field : json.properties()) {
      attributes.put(field.getKey(), value(field.getValue()));
    }
    return attributes;
  }

  private static AttributeValue value(JsonNode json) {
    if (json.isBoolean()) {
      return new AttributeValue.Bool(json.booleanValue());
    }
    if (json.isIntegralNumber()) {
      return new AttributeValue.Int(json.longValue());
    }
    return json.isNumber()
        ? new AttributeValue.Real(json.doubleValue())
        : new AttributeValue.Text(json.asText());
  }

  private static long readSpanId(String hex) {
    return hex.isEmpty() ? 0 : HexFormat.fromHexDigitsToLong(hex);
  }

  private static TraceId traceId(JsonNode json) {
    var text = json.path("traceId").asText();
    return TraceId.parse(text)
        .orElseThrow(() -> new IllegalArgumentException("traceId: must be one, was " + text));
  }

  private interface Reader<T> {
    T read(JsonNode json);
  }

  private static <T> T read(byte[] text, Reader<T> reader) throws IOException {
    try {
      return reader.read(MAPPER.readTree(text));
    } catch (IllegalArgumentException e) {
      throw new IOException("not the trace backend's JSON: " + e.getMessage(), e);
    }
  }
}
