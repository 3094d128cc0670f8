package io.fairlead.proxy.grpc;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message as it stands in a body: a flag, the length in four octets, the message (gRPC over
 * HTTP/2, Length-Prefixed-Message). Stateless.
 */
public final class GrpcFrame {
  /** Octets before a message. */
  public static final int PREFIX = 5;

  private GrpcFrame() {}

  /** A body of one message that is not compressed. */
  public static byte[] wrap(byte[] message) {
    byte[] body = new byte[PREFIX + message.length];
    for (int i = 0; i < Integer.BYTES; i++) {
      body[1 + i] = (byte) (message.length >>> 24 - 8 * i);
    }
    System.arraycopy(message, 0, body, PREFIX, message.length);
    return body;
  }

  /** The only message of a whole body; null if it holds none, several, or a compressed one. */
  public static byte @Nullable [] unwrap(byte[] body) {
    if (body.length < PREFIX || body[0] != 0) {
      return null;
    }
    int length = 0;
    for (int i = 1; i < PREFIX; i++) {
      length = length << 8 | body[i] & 0xff;
    }
    return length == body.length - PREFIX ? Arrays.copyOfRange(body, PREFIX, body.length) : null;
  }
}
