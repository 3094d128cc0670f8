package io.fairlead.proxy.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.http1.Head;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The opening of one WebSocket on a stream of HTTP/2 (RFC 8441 section 5), where the key of
 * HTTP/1.1 and the proof that it was understood have no place: what the endpoint's status says, the
 * proxy proves to a client of HTTP/1.1 itself. Belongs to its stream.
 */
final class SocketOpening {
  private static final byte[] KEY = "sec-websocket-key".getBytes(US_ASCII);
  private static final byte[] ACCEPT = "sec-websocket-accept".getBytes(US_ASCII);

  /** RFC 6455 section 1.3. */
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final String key;

  private SocketOpening(String key) {
    this.key = key;
  }

  /** Takes the key out of the head of a request. */
  static SocketOpening of(Head head) {
    int at = head.find(KEY, 0);
    String key = at < 0 ? "" : head.value(at);
    head.dropAll(KEY);
    return new SocketOpening(key);
  }

  /** Whether the answer with this status opens it. */
  static boolean opens(int status) {
    return status >= 200 && status < 300;
  }

  /** Makes of the head of an endpoint's answer the one that HTTP/1.1 would have. */
  void translate(Attempt attempt, Head head) {
    head.switchProtocols();
    head.dropAll(ACCEPT);
    var passage = attempt.exchange().passage();
    if (!key.isEmpty() && !passage.isHttp2()) {
      passage.addToAnswer("sec-websocket-accept: " + proof(key) + "\r\n");
    }
  }

  private static String proof(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(ISO_8859_1));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
