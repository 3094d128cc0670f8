package io.fairlead.proxy.http1;

/**
 * The syntax of host and port in a Host field or target (RFC 3986 section 3.2). Narrower than the
 * grammar where no real host needs its freedom: no percent-encoding, no sub-delimiters, no user
 * information, no empty host, no empty port.
 */
final class Authority {
  private Authority() {}

  static boolean isValid(byte[] b, int from, int to) {
    int at = from < to && b[from] == '[' ? endOfLiteral(b, from, to) : endOfName(b, from, to);
    if (at <= from) {
      return false;
    }
    return at == to || b[at] == ':' && isPort(b, at + 1, to);
  }

  private static int endOfName(byte[] b, int from, int to) {
    int at = from;
    while (at < to && Octets.is(b[at], Octets.UNRESERVED)) {
      at++;
    }
    return at;
  }

  private static int endOfLiteral(byte[] b, int from, int to) {
    int at = from + 1;
    while (at < to && Octets.is(b[at], Octets.IPV6)) {
      at++;
    }
    return at < to && b[at] == ']' && at > from + 2 ? at + 1 : from;
  }

  private static boolean isPort(byte[] b, int from, int to) {
    int port = 0;
    for (int i = from; i < to; i++) {
      int digit = b[i] - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      port = port * 10 + digit;
      if (port > 65_535) {
        return false;
      }
    }
    return from < to;
  }
}
