package io.fairlead.proxy.http1;

import org.jspecify.annotations.Nullable;

/**
 * Brings a path to the one form that routes and authorization rules are written for (RFC 3986
 * section 6.2.2), so that {@code /public/%2e%2e/admin} cannot pass as something below {@code
 * /public}. Paths in that form already, nearly all, cost one scan and no copy.
 */
final class PathNormalizer {
  private PathNormalizer() {}

  static @Nullable Fault apply(Head head) {
    byte[] b = head.octets;
    for (int i = head.pathFrom; i < head.pathTo; i++) {
      byte c = b[i];
      if (c == '%' || c == '\\' || c == '.' && b[i - 1] == '/') {
        return rewrite(head);
      }
    }
    return null;
  }

  private static @Nullable Fault rewrite(Head head) {
    byte[] out = head.normalPath();
    int to = decode(head.octets, head.pathFrom, head.pathTo, out);
    if (to < 0) {
      return Fault.PATH_ENCODING;
    }
    to = removeDotSegments(out, to);
    if (to < 0) {
      return Fault.PATH_CLIMBS;
    }
    head.path = out;
    head.pathFrom = 0;
    head.pathTo = to;
    head.targetChanged = true;
    return null;
  }

  /** Decodes unreserved characters and refuses what servers disagree about; -1 if broken. */
  private static int decode(byte[] b, int from, int end, byte[] out) {
    int to = 0;
    int i = from;
    while (i < end) {
      byte c = b[i++];
      if (c == '\\') {
        return -1;
      }
      if (c != '%') {
        out[to++] = c;
        continue;
      }
      int high = i < end ? Octets.hex(b[i]) : -1;
      int low = i + 1 < end ? Octets.hex(b[i + 1]) : -1;
      int decoded = high << 4 | low;
      if (high < 0 || low < 0 || decoded == 0) {
        return -1;
      }
      if (Octets.is((byte) decoded, Octets.UNRESERVED)) {
        out[to++] = (byte) decoded;
      } else {
        out[to++] = '%';
        out[to++] = upper(b[i]);
        out[to++] = upper(b[i + 1]);
      }
      i += 2;
    }
    return to;
  }

  private static byte upper(byte digit) {
    return digit >= 'a' ? (byte) (digit - 0x20) : digit;
  }

  /** RFC 3986 section 5.2.4 in place; -1 if a segment would climb above the root. */
  private static int removeDotSegments(byte[] b, int end) {
    int to = 0;
    int i = 0;
    while (i < end) {
      int stop = i + 1;
      while (stop < end && b[stop] != '/') {
        stop++;
      }
      int length = stop - i;
      boolean dot = length == 2 && b[i + 1] == '.';
      boolean twoDots = length == 3 && b[i + 1] == '.' && b[i + 2] == '.';
      if (twoDots) {
        if (to == 0) {
          return -1;
        }
        do {
          to--;
        } while (b[to] != '/');
      } else if (!dot) {
        System.arraycopy(b, i, b, to, length);
        to += length;
      }
      if ((dot || twoDots) && stop == end) {
        b[to++] = '/';
      }
      i = stop;
    }
    return to;
  }
}
