package io.fairlead.proxy.match;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import io.fairlead.config.RegexText;
import io.fairlead.traffic.StringMatch;
import java.util.Arrays;

/**
 * A {@link StringMatch} on a range of octets, without making a string; only a regular expression
 * takes a copy of the range. Immutable.
 */
public sealed interface OctetMatch {
  /** Whether the range fulfils the condition. */
  boolean matches(byte[] octets, int from, int to);

  /** Whether the text fulfils the condition. */
  default boolean matches(String text) {
    byte[] octets = text.getBytes(UTF_8);
    return matches(octets, 0, octets.length);
  }

  /** The same condition. */
  static OctetMatch of(StringMatch match) {
    return switch (match) {
      case StringMatch.Exact(var value) -> new Exact(value.getBytes(UTF_8));
      case StringMatch.Prefix(var value) -> new Prefix(value.getBytes(UTF_8));
      case StringMatch.Suffix(var value) -> new Suffix(value.getBytes(UTF_8));
      case StringMatch.Contains(var value) -> new Contains(value.getBytes(UTF_8));
      case StringMatch.Regex(var value) -> new Regex(RegexText.parse(value));
      case StringMatch.Present() -> new Present();
    };
  }

  /** As {@link StringMatch.Exact}. */
  record Exact(byte[] value) implements OctetMatch {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return Arrays.equals(octets, from, to, value, 0, value.length);
    }
  }

  /** As {@link StringMatch.Prefix}. */
  record Prefix(byte[] value) implements OctetMatch {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return to - from >= value.length
          && Arrays.equals(octets, from, from + value.length, value, 0, value.length);
    }
  }

  /** As {@link StringMatch.Suffix}. */
  record Suffix(byte[] value) implements OctetMatch {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return to - from >= value.length
          && Arrays.equals(octets, to - value.length, to, value, 0, value.length);
    }
  }

  /** As {@link StringMatch.Contains}. */
  record Contains(byte[] value) implements OctetMatch {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      for (int i = from; i <= to - value.length; i++) {
        if (octets[i] == value[0]
            && Arrays.equals(octets, i, i + value.length, value, 0, value.length)) {
          return true;
        }
      }
      return false;
    }
  }

  /** As {@link StringMatch.Regex}. */
  record Regex(Pattern pattern) implements OctetMatch {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return pattern.matches(Arrays.copyOfRange(octets, from, to));
    }
  }

  /** As {@link StringMatch.Present}. */
  record Present() implements OctetMatch {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return to > from;
    }
  }
}
