package io.fairlead.proxy.http1;

/** How the end of a body is found (RFC 9112 section 6.3). */
public enum Framing {
  /** There is no body. */
  NONE,
  /** After Content-Length octets. */
  LENGTH,
  /** After the chunk of size zero and the trailer section. */
  CHUNKED,
  /** When the sender closes the connection; answers only. */
  UNTIL_CLOSE;

  /** The framing of a request with this head. */
  public static Framing ofRequest(Head head) {
    if (head.isChunked()) {
      return CHUNKED;
    }
    return head.contentLength() > 0 ? LENGTH : NONE;
  }

  /** The framing of a final answer with this head to a request with this method. */
  public static Framing ofResponse(Head head, Method method) {
    if (method == Method.HEAD || head.status() == 204 || head.status() == 304) {
      return NONE;
    }
    if (head.isChunked()) {
      return CHUNKED;
    }
    if (head.contentLength() < 0) {
      return UNTIL_CLOSE;
    }
    return head.contentLength() == 0 ? NONE : LENGTH;
  }
}
