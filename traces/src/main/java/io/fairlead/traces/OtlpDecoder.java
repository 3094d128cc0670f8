package io.fairlead.traces;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns OTLP messages into spans (opentelemetry-proto, {@code trace/v1/trace.proto}). What breaks a
 * rule is left out and named; the rest of its message holds. Single-threaded, for one message.
 */
final class OtlpDecoder {
  private static final int TRACE_ID_BYTES = 16;
  private static final int SPAN_ID_BYTES = 8;
  private static final int MAX_REASONS = 3;
  private static final String SERVICE_NAME = "service.name";

  private final List<Span> spans = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();
  private int rejected;

  private OtlpDecoder() {}

  /**
   * The spans of a message.
   *
   * @param spans those that hold
   * @param rejected how many do not
   * @param reasons why, for the first few of them
   */
  record Decoded(List<Span> spans, int rejected, List<String> reasons) {}

  static Decoded decode(ExportTraceServiceRequest message) {
    var decoder = new OtlpDecoder();
    message.getResourceSpansList().forEach(decoder::read);
    return new Decoded(decoder.spans, decoder.rejected, decoder.reasons);
  }

  private void read(ResourceSpans group) {
    var attributes = attributes(group.getResource().getAttributesList());
    var name = attributes.remove(SERVICE_NAME);
    var service = name == null || name.text().isEmpty() ? Resource.UNKNOWN_SERVICE : name.text();
    var resource = new Resource(service, attributes);
    for (var scope : group.getScopeSpansList()) {
      for (var span : scope.getSpansList()) {
        try {
          spans.add(span(resource, span));
        } catch (IllegalArgumentException e) {
          rejected++;
          if (reasons.size() < MAX_REASONS) {
            reasons.add("span '%s' of %s: %s".formatted(span.getName(), service, e.getMessage()));
          }
        }
      }
    }
  }

  private static Span span(Resource resource, io.opentelemetry.proto.trace.v1.Span span) {
    var events =
        span.getEventsList().stream()
            .map(e -> new SpanEvent(e.getTimeUnixNano(), e.getName(), attributes(e)))
            .toList();
    long start = span.getStartTimeUnixNano();
    // The end is before the start where a clock was set back in between.
    long duration = Math.max(span.getEndTimeUnixNano() - start, 0);
    return new Span(
        traceId(span.getTraceId()),
        id("spanId", span.getSpanId()),
        span.getParentSpanId().isEmpty() ? 0 : id("parentSpanId", span.getParentSpanId()),
        resource,
        span.getName(),
        constant(SpanKind.values(), span.getKindValue()),
        start,
        duration,
        constant(SpanStatus.values(), span.getStatus().getCodeValue()),
        span.getStatus().getMessage(),
        attributes(span.getAttributesList()),
        events);
  }

  private static TraceId traceId(ByteString bytes) {
    if (bytes.size() != TRACE_ID_BYTES) {
      throw new IllegalArgumentException("traceId: must be 16 bytes, was " + bytes.size());
    }
    var buffer = bytes.asReadOnlyByteBuffer();
    return new TraceId(buffer.getLong(), buffer.getLong());
  }

  private static long id(String field, ByteString bytes) {
    if (bytes.size() != SPAN_ID_BYTES) {
      throw new IllegalArgumentException(field + ": must be 8 bytes, was " + bytes.size());
    }
    return bytes.asReadOnlyByteBuffer().getLong();
  }

  /** Numbers of later releases are treated as unspecified. */
  private static <E> E constant(E[] constants, int number) {
    return constants[number >= 0 && number < constants.length ? number : 0];
  }

  private static Map<String, AttributeValue> attributes(
      io.opentelemetry.proto.trace.v1.Span.Event event) {
    return attributes(event.getAttributesList());
  }

  private static Map<String, AttributeValue> attributes(List<KeyValue> list) {
    var attributes = new HashMap<String, AttributeValue>();
    for (KeyValue attribute : list) {
      attributes.put(attribute.getKey(), value(attribute.getValue()));
    }
    return attributes;
  }

  private static AttributeValue value(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> new AttributeValue.Text(value.getStringValue());
      case BOOL_VALUE -> new AttributeValue.Bool(value.getBoolValue());
      case INT_VALUE -> new AttributeValue.Int(value.getIntValue());
      case DOUBLE_VALUE -> new AttributeValue.Real(value.getDoubleValue());
      case BYTES_VALUE -> new AttributeValue.Text(base64(value.getBytesValue()));
      case VALUE_NOT_SET -> new AttributeValue.Text("");
      default -> new AttributeValue.Text(json(value).toString());
    };
  }

  private static JsonNode json(AnyValue value) {
    var nodes = JsonNodeFactory.instance;
    return switch (value.getValueCase()) {
      case BOOL_VALUE -> nodes.booleanNode(value.getBoolValue());
      case INT_VALUE -> nodes.numberNode(value.getIntValue());
      case DOUBLE_VALUE -> nodes.numberNode(value.getDoubleValue());
      case BYTES_VALUE -> nodes.textNode(base64(value.getBytesValue()));
      case ARRAY_VALUE -> {
        var array = nodes.arrayNode();
        value.getArrayValue().getValuesList().forEach(item -> array.add(json(item)));
        yield array;
      }
      case KVLIST_VALUE -> {
        var object = nodes.objectNode();
        value
            .getKvlistValue()
            .getValuesList()
            .forEach(e -> object.set(e.getKey(), json(e.getValue())));
        yield object;
      }
      case VALUE_NOT_SET -> nodes.nullNode();
      default -> nodes.textNode(value.getStringValue());
    };
  }

  private static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
