package io.fairlead.proxy.match;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.traffic.StringMatch;
import java.util.Arrays;

/** A {@link StringMatch} on a range of octets, without making a string. Immutable. */
public final class OctetMatch {
  private enum Kind {
    EXACT,
    PREFIX,
    SUFFIX,
    PRESENT
  }

  private final Kind kind;
  private final byte[] value;

  private OctetMatch(Kind kind, String value) {
    this.kind = kind;
    this.value = value.getBytes(UTF_8);
  }

  /** The same condition. */
  public static OctetMatch of(StringMatch match) {
    return switch (match) {
      case StringMatch.Exact(var value) -> new OctetMatch(Kind.EXACT, value);
      case StringMatch.Prefix(var value) -> new OctetMatch(Kind.PREFIX, value);
      case StringMatch.Suffix(var value) -> new OctetMatch(Kind.SUFFIX, value);
      case StringMatch.Present() -> new OctetMatch(Kind.PRESENT, "");
    };
  }

  /** Whether the range fulfils the condition. */
  public boolean matches(byte[] octets, int from, int to) {
    int length = to - from;
    return switch (kind) {
      case EXACT -> Arrays.equals(octets, from, to, value, 0, value.length);
      case PREFIX ->
          length >= value.length
              && Arrays.equals(octets, from, from + value.length, value, 0, value.length);
      case SUFFIX ->
          length >= value.length
              && Arrays.equals(octets, to - value.length, to, value, 0, value.length);
      case PRESENT -> length > 0;
    };
  }
}
