package io.fairlead.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One protobuf message, parsed without a schema: values by field number, nested messages on demand.
 * Confined to one thread.
 *
 * <p>The generated Envoy classes would cost a sidecar half a second of start-up and tens of
 * megabytes; of their thousands of fields it reads a few dozen.
 */
final class ProtoMessage {
  private final Map<Integer, List<Object>> values;
  private final Texts texts;

  private ProtoMessage(Map<Integer, List<Object>> values, Texts texts) {
    this.values = values;
    this.texts = texts;
  }

  /** As {@link #parse(ByteString, Texts)}, with one text for equal ones of this message. */
  static ProtoMessage parse(ByteString bytes) {
    return parse(bytes, Texts.none());
  }

  /**
   * Parses the outer level; what is nested is parsed when it is asked for. Octets are not copied:
   * whoever keeps some of them keeps all.
   *
   * @param texts makes the texts, those of nested messages too
   */
  static ProtoMessage parse(ByteString bytes, Texts texts) {
    var values = new LinkedHashMap<Integer, List<Object>>();
    try {
      var in = bytes.newCodedInput();
      in.enableAliasing(true);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int field = WireFormat.getTagFieldNumber(tag);
        values.computeIfAbsent(field, key -> new ArrayList<>(1)).add(value(in, tag));
      }
    } catch (IOException malformed) {
      throw new DecodeException("malformed protobuf: " + malformed.getMessage());
    }
    return new ProtoMessage(values, texts);
  }

  private static Object value(CodedInputStream in, int tag) throws IOException {
    return switch (WireFormat.getTagWireType(tag)) {
      case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
      case WireFormat.WIRETYPE_FIXED64 -> in.readRawLittleEndian64();
      case WireFormat.WIRETYPE_FIXED32 -> (long) in.readRawLittleEndian32();
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> in.readBytes();
      default -> throw new IOException("wire type of tag " + tag);
    };
  }

  boolean has(int field) {
    return values.containsKey(field);
  }

  /** The last value, as protobuf demands of a field that is not repeated; 0 if absent. */
  long number(int field) {
    var list = values.get(field);
    if (list == null) {
      return 0;
    }
    if (list.getLast() instanceof Long number) {
      return number;
    }
    throw new DecodeException("field " + field + " must be a number");
  }

  /** All values of a repeated field that is not packed. */
  List<Integer> numbers(int field) {
    return values.getOrDefault(field, List.of()).stream()
        .map(
            value -> {
              if (value instanceof Long number) {
                return number.intValue();
              }
              throw new DecodeException("field " + field + " must be numbers");
            })
        .toList();
  }

  int intNumber(int field) {
    return (int) number(field);
  }

  double doubleNumber(int field) {
    return Double.longBitsToDouble(number(field));
  }

  boolean flag(int field) {
    return number(field) != 0;
  }

  ByteString bytes(int field) {
    var list = values.get(field);
    return list == null ? ByteString.EMPTY : bytes(field, list.getLast());
  }

  String text(int field) {
    return texts.of(bytes(field).toString(StandardCharsets.UTF_8));
  }

  List<String> texts(int field) {
    return values.getOrDefault(field, List.of()).stream()
        .map(value -> texts.of(bytes(field, value).toString(StandardCharsets.UTF_8)))
        .toList();
  }

  /** One of the {@link #octets}, parsed. */
  ProtoMessage nested(ByteString octets) {
    return parse(octets, texts);
  }

  /** The nested message; an absent one reads as empty. */
  ProtoMessage message(int field) {
    return nested(bytes(field));
  }

  Optional<ProtoMessage> optional(int field) {
    return has(field) ? Optional.of(message(field)) : Optional.empty();
  }

  List<ProtoMessage> messages(int field) {
    return octets(field).stream().map(this::nested).toList();
  }

  /** All values of a repeated field of messages, unparsed. */
  List<ByteString> octets(int field) {
    return values.getOrDefault(field, List.of()).stream()
        .map(value -> bytes(field, value))
        .toList();
  }

  /** google.protobuf.Duration. */
  Duration duration(int field) {
    var message = message(field);
    return Duration.ofSeconds(message.number(1), message.intNumber(2));
  }

  /** google.protobuf.Any: type_url 1, value 2. The type must be the given one. */
  ProtoMessage any(int field, String type) {
    var any = message(field);
    if (!any.text(1).equals(TypeUrls.any(type))) {
      throw new DecodeException("type must be " + type + ", was '" + any.text(1) + "'");
    }
    return any.message(2);
  }

  private static ByteString bytes(int field, Object value) {
    if (value instanceof ByteString bytes) {
      return bytes;
    }
    throw new DecodeException("field " + field + " must be length-delimited");
  }
}
