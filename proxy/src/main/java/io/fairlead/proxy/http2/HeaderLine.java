package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Octets;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A field of header compression, kept as the line that it is in HTTP/1.1 with what is known about
 * it, so that a field which comes a second time by its index is not looked at again. Immutable.
 */
final class HeaderLine {
  /** What HTTP/2 makes of a field (RFC 9113 sections 8.2 and 8.3). */
  enum Kind {
    METHOD,
    SCHEME,
    AUTHORITY,
    PATH,
    PROTOCOL,
    STATUS,
    REGULAR,
    COOKIE,
    TE,
    /** A field or an octet that may not be there. */
    MALFORMED
  }

  /** What each field adds to the size of a table or a list (RFC 7541 section 4.1). */
  static final int OVERHEAD = 32;

  private static final byte[] TRAILERS = "trailers".getBytes(StandardCharsets.US_ASCII);

  /** Name, colon, space, value, CR, LF. */
  final byte[] octets;

  final int nameLength;
  final Kind kind;
  final @Nullable Field field;

  private HeaderLine(byte[] octets, int nameLength, Kind kind, @Nullable Field field) {
    this.octets = octets;
    this.nameLength = nameLength;
    this.kind = kind;
    this.field = field;
  }

  /** A field with a name of its own. */
  static HeaderLine of(byte[] name, int nameFrom, int nameTo, byte[] value, int from, int to) {
    byte[] line = line(name, nameFrom, nameTo, value, from, to);
    int nameLength = nameTo - nameFrom;
    Field field = Field.of(line, 0, nameLength);
    Kind kind = kindOf(line, nameLength, field);
    return new HeaderLine(line, nameLength, checked(kind, value, from, to), field);
  }

  static HeaderLine of(String name, String value) {
    byte[] n = name.getBytes(StandardCharsets.ISO_8859_1);
    byte[] v = value.getBytes(StandardCharsets.ISO_8859_1);
    return of(n, 0, n.length, v, 0, v.length);
  }

  /** A field with the name of this one and another value. */
  HeaderLine with(byte[] value, int from, int to) {
    byte[] line = line(octets, 0, nameLength, value, from, to);
    // The kind of a bad value must not stick to the name.
    Kind named = kind == Kind.MALFORMED || kind == Kind.TE ? kindOf(line, nameLength, field) : kind;
    return new HeaderLine(line, nameLength, checked(named, value, from, to), field);
  }

  private static byte[] line(
      byte[] name, int nameFrom, int nameTo, byte[] value, int from, int to) {
    int nameLength = nameTo - nameFrom;
    byte[] line = new byte[nameLength + to - from + 4];
    System.arraycopy(name, nameFrom, line, 0, nameLength);
    line[nameLength] = ':';
    line[nameLength + 1] = ' ';
    System.arraycopy(value, from, line, nameLength + 2, to - from);
    line[line.length - 2] = '\r';
    line[line.length - 1] = '\n';
    return line;
  }

  private static Kind kindOf(byte[] line, int nameLength, @Nullable Field field) {
    if (nameLength == 0) {
      return Kind.MALFORMED;
    }
    if (line[0] == ':') {
      return switch (new String(line, 1, nameLength - 1, StandardCharsets.ISO_8859_1)) {
        case "method" -> Kind.METHOD;
        case "scheme" -> Kind.SCHEME;
        case "authority" -> Kind.AUTHORITY;
        case "path" -> Kind.PATH;
        case "protocol" -> Kind.PROTOCOL;
        case "status" -> Kind.STATUS;
        default -> Kind.MALFORMED;
      };
    }
    if (!Octets.isLowerToken(line, 0, nameLength)) {
      return Kind.MALFORMED;
    }
    if (field == null) {
      return Kind.REGULAR;
    }
    return switch (field) {
      case CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE -> Kind.MALFORMED;
      case COOKIE -> Kind.COOKIE;
      case TE -> Kind.TE;
      default -> Kind.REGULAR;
    };
  }

  private static Kind checked(Kind kind, byte[] value, int from, int to) {
    boolean trailersOnly = kind != Kind.TE || Octets.equalsLower(value, from, to, TRAILERS);
    return trailersOnly && Octets.isFieldValue(value, from, to) ? kind : Kind.MALFORMED;
  }

  int valueFrom() {
    return nameLength + 2;
  }

  int valueTo() {
    return octets.length - 2;
  }

  int valueLength() {
    return octets.length - nameLength - 4;
  }

  /** What it counts in a table or a list. */
  int size() {
    return octets.length - 4 + OVERHEAD;
  }

  /** The name as text. */
  String name() {
    return new String(octets, 0, nameLength, StandardCharsets.ISO_8859_1);
  }

  /** The value as text. */
  String value() {
    return new String(octets, valueFrom(), valueLength(), StandardCharsets.ISO_8859_1);
  }
}
