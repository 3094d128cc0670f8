package io.fairlead.traces;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.IOException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * OTLP's JSON form. It is protobuf's own mapping, except that ids are hexadecimal (OTLP
 * specification, "JSON Protobuf Encoding"); the ids are rewritten and protobuf does the rest.
 */
final class OtlpJson {
  private static final int MAX_DEPTH = 64;
  private static final List<String> IDS = List.of("traceId", "spanId", "parentSpanId");
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
              .build());

  private OtlpJson() {}

  static ExportTraceServiceRequest read(byte[] text) throws IOException {
    try {
      JsonNode document = MAPPER.readTree(text);
      for (JsonNode group : document.path("resourceSpans")) {
        for (JsonNode scope : group.path("scopeSpans")) {
          scope.path("spans").forEach(OtlpJson::rewriteIds);
        }
      }
      var message = ExportTraceServiceRequest.newBuilder();
      JsonFormat.parser().ignoringUnknownFields().merge(document.toString(), message);
      return message.build();
    } catch (JsonProcessingException e) {
      throw new IOException("not JSON: " + e.getOriginalMessage(), e);
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("not OTLP: " + e.getMessage(), e);
    }
  }

  static String write(ExportTraceServiceResponse response) throws InvalidProtocolBufferException {
    return JsonFormat.printer().omittingInsignificantWhitespace().print(response);
  }

  private static void rewriteIds(JsonNode span) {
    rewriteIdsOf(span);
    span.path("links").forEach(OtlpJson::rewriteIdsOf);
  }

  /** Text that is not hexadecimal becomes an empty id, which the decoder refuses by name. */
  private static void rewriteIdsOf(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (String name : IDS) {
        if (object.path(name).isTextual()) {
          object.put(name, base64(object.path(name).textValue()));
        }
      }
    }
  }

  private static String base64(String hex) {
    try {
      return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
