package io.fairlead.proxy.http1;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The fields that a proxy itself reads or rewrites; every other field is only bytes to it. Known
 * ones are recognised once, while the head is parsed.
 */
public enum Field {
  HOST("host"),
  CONTENT_LENGTH("content-length"),
  TRANSFER_ENCODING("transfer-encoding"),
  CONNECTION("connection"),
  KEEP_ALIVE("keep-alive"),
  PROXY_CONNECTION("proxy-connection"),
  PROXY_AUTHORIZATION("proxy-authorization"),
  TE("te"),
  TRAILER("trailer"),
  UPGRADE("upgrade"),
  EXPECT("expect"),
  COOKIE("cookie"),
  TRACEPARENT("traceparent"),
  TRACESTATE("tracestate"),
  B3("b3"),
  X_B3_TRACE_ID("x-b3-traceid"),
  X_B3_SPAN_ID("x-b3-spanid"),
  X_B3_PARENT_SPAN_ID("x-b3-parentspanid"),
  X_B3_SAMPLED("x-b3-sampled"),
  X_B3_FLAGS("x-b3-flags"),
  X_FORWARDED_FOR("x-forwarded-for"),
  X_FORWARDED_PROTO("x-forwarded-proto"),
  X_FORWARDED_CLIENT_CERT("x-forwarded-client-cert"),
  X_REQUEST_ID("x-request-id"),
  ORIGIN("origin"),
  ACCESS_CONTROL_REQUEST_METHOD("access-control-request-method"),
  ACCESS_CONTROL_REQUEST_HEADERS("access-control-request-headers"),
  GRPC_TIMEOUT("grpc-timeout"),
  X_ENVOY_EXPECTED_RQ_TIMEOUT_MS("x-envoy-expected-rq-timeout-ms"),
  X_FAIRLEAD_REASON("x-fairlead-reason");

  private static final @Nullable Field[][] BY_LENGTH = byLength();

  private final byte[] lower;

  Field(String name) {
    this.lower = name.getBytes(StandardCharsets.US_ASCII);
  }

  private static @Nullable Field[][] byLength() {
    Field[][] index = new Field[32][];
    for (int length = 0; length < index.length; length++) {
      int wanted = length;
      index[length] =
          java.util.Arrays.stream(values())
              .filter(field -> field.lower.length == wanted)
              .toArray(Field[]::new);
    }
    return index;
  }

  /** The name in lower case, as HTTP/2 writes it. */
  public String text() {
    return new String(lower, StandardCharsets.US_ASCII);
  }

  /** The field of that name in any case, or null if it is not one of these. */
  public static @Nullable Field of(byte[] octets, int from, int to) {
    int length = to - from;
    if (length >= BY_LENGTH.length) {
      return null;
    }
    byte first = Octets.lower(octets[from]);
    for (Field field : BY_LENGTH[length]) {
      if (field != null
          && field.lower[0] == first
          && Octets.equalsLower(octets, from, to, field.lower)) {
        return field;
      }
    }
    return null;
  }
}
