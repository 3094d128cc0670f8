package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.GrpcType;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;

/** Writes heads as header blocks. Belongs to its connection, and to one block at a time. */
public final class Http2HeadWriter {
  private static final int SCHEME_HTTP = 6;
  private static final int SCHEME_HTTPS = 7;
  private static final int METHOD_GET = 2;
  private static final int METHOD_POST = 3;
  private static final byte[] METHOD = octets(":method");
  private static final byte[] PATH = octets(":path");
  private static final byte[] PROTOCOL = octets(":protocol");
  private static final byte[] CONNECT = octets("CONNECT");
  private static final byte[] WEBSOCKET = octets("websocket");
  private static final byte[] AUTHORITY = octets(":authority");
  private static final byte[] TE = octets("te");
  private static final byte[] TRAILERS = octets("trailers");
  private static final byte[] ACCEPT = octets("sec-websocket-accept");

  private final HpackEncoder encoder;

  Http2HeadWriter(HpackEncoder encoder) {
    this.encoder = encoder;
  }

  private static byte[] octets(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  /** The head of an answer without what concerns the connection only. */
  public void response(Head head, HeadWriter additions) {
    encoder.status(head.status());
    fields(head);
    lines(additions.added(), additions.addedLength());
  }

  /** The head of an answer that opens a WebSocket, which has no key to answer. */
  public void opened(Head head, HeadWriter additions) {
    head.dropAll(Field.CONTENT_LENGTH);
    head.dropAll(ACCEPT);
    encoder.status(200);
    fields(head);
    lines(additions.added(), additions.addedLength());
  }

  /** Only the status of an answer; fields follow by {@link #lines}. */
  public void status(int status) {
    encoder.status(status);
  }

  /** The head of a request without what concerns the connection only. */
  public void request(Head head, Scheme scheme) {
    switch (head.method()) {
      case GET -> encoder.indexed(METHOD_GET);
      case POST -> encoder.indexed(METHOD_POST);
      default -> encoder.field(METHOD, 0, METHOD.length, head.octets(), 0, head.methodTo());
    }
    target(head, scheme);
    fields(head);
    if (GrpcType.isGrpcOrWeb(head)) {
      encoder.field(TE, 0, TE.length, TRAILERS, 0, TRAILERS.length);
    }
  }

  /** The head of a request for a WebSocket (RFC 8441 section 4). */
  public void openSocket(Head head, Scheme scheme) {
    encoder.field(METHOD, 0, METHOD.length, CONNECT, 0, CONNECT.length);
    encoder.field(PROTOCOL, 0, PROTOCOL.length, WEBSOCKET, 0, WEBSOCKET.length);
    target(head, scheme);
    fields(head);
  }

  private void target(Head head, Scheme scheme) {
    encoder.indexed(scheme == Scheme.HTTP ? SCHEME_HTTP : SCHEME_HTTPS);
    encoder.field(
        AUTHORITY, 0, AUTHORITY.length, head.octets(), head.authorityFrom(), head.authorityTo());
    encoder.field(PATH, 0, PATH.length, head.octets(), head.targetFrom(), head.targetTo());
  }

  /** What a request is said to have come by. */
  public enum Scheme {
    HTTP,
    HTTPS
  }

  /** Whether a body that follows has no length, or one that trailers may follow. */
  static boolean needsChunks(Head head) {
    return head.contentLength() < 0
        || head.find(Field.TRAILER, 0) >= 0
        || GrpcType.isGrpcOrWeb(head);
  }

  private void fields(Head head) {
    byte[] octets = head.octets();
    for (int i = 0; i < head.fields(); i++) {
      Field field = head.known(i);
      boolean ofHop = field == Field.TRANSFER_ENCODING || field == Field.HOST;
      if (!ofHop && !head.isDropped(i)) {
        encoder.field(
            octets, head.nameFrom(i), head.nameTo(i), octets, head.valueFrom(i), head.valueTo(i));
      }
    }
  }

  /** Adds field lines that the proxy has written: {@code name: value} with CR LF each. */
  public void lines(byte[] octets, int length) {
    int at = 0;
    while (at < length) {
      int colon = at;
      while (octets[colon] != ':') {
        colon++;
      }
      int from = colon + 1;
      while (octets[from] == ' ') {
        from++;
      }
      int to = from;
      while (octets[to] != '\r') {
        to++;
      }
      encoder.field(octets, at, colon, octets, from, to);
      at = to + 2;
    }
  }
}
