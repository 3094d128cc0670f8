package io.fairlead.proxy.http1;

import java.nio.charset.StandardCharsets;

/** The methods whose meaning a proxy must know (RFC 9110 section 9); others are {@link #OTHER}. */
public enum Method {
  GET,
  HEAD,
  POST,
  PUT,
  DELETE,
  OPTIONS,
  TRACE,
  PATCH,
  CONNECT,
  OTHER;

  private static final Method[] KNOWN = {
    GET, POST, HEAD, PUT, DELETE, OPTIONS, PATCH, TRACE, CONNECT
  };

  private final byte[] octets = name().getBytes(StandardCharsets.US_ASCII);

  /** The method with exactly that name, since methods are case-sensitive. */
  static Method of(byte[] octets, int from, int to) {
    for (Method method : KNOWN) {
      if (Octets.equals(octets, from, to, method.octets)) {
        return method;
      }
    }
    return OTHER;
  }

  /** Whether sending it twice has the effect of sending it once (RFC 9110 section 9.2.2). */
  public boolean isIdempotent() {
    return switch (this) {
      case GET, HEAD, PUT, DELETE, OPTIONS, TRACE -> true;
      case POST, PATCH, CONNECT, OTHER -> false;
    };
  }
}
