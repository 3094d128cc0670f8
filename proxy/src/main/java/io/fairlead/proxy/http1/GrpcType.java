package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** Tells messages of gRPC by their content type (gRPC over HTTP/2). Stateless. */
public final class GrpcType {
  private static final byte[] CONTENT_TYPE = "content-type".getBytes(US_ASCII);
  private static final byte[] GRPC = "application/grpc".getBytes(US_ASCII);

  private GrpcType() {}

  /** Whether it is of gRPC, or of gRPC-Web. */
  public static boolean isGrpcOrWeb(Head head) {
    return end(head, head.find(CONTENT_TYPE, 0)) >= 0;
  }

  /** Whether it is of gRPC, and not of gRPC-Web. */
  public static boolean isGrpc(Head head) {
    int at = head.find(CONTENT_TYPE, 0);
    int end = end(head, at);
    return end >= 0
        && (end == head.valueTo(at) || head.octets()[end] == '+' || head.octets()[end] == ';');
  }

  /** Where the name of the type ends, or -1 if it is another one. */
  private static int end(Head head, int at) {
    if (at < 0 || head.valueTo(at) - head.valueFrom(at) < GRPC.length) {
      return -1;
    }
    int from = head.valueFrom(at);
    int end = from + GRPC.length;
    return Arrays.equals(head.octets(), from, end, GRPC, 0, GRPC.length) ? end : -1;
  }
}
