package io.fairlead.proxy.http1;

/**
 * What is wrong with a message, with the status that a request is answered with. A faulty answer of
 * an upstream becomes 502 whatever the fault. Sources: RFC 9112 sections 2 to 7, RFC 9110 sections
 * 4, 5, 7 and 10.
 */
public enum Fault {
  METHOD(400, "the method must be a token followed by one space"),
  TARGET(400, "the request target holds an octet that no URI may hold"),
  TARGET_FORM(400, "the request target must be a path, an http or https URI, or * for OPTIONS"),
  TARGET_TOO_LONG(414, "the request target is longer than the limit"),
  PATH_ENCODING(400, "the path holds a broken or forbidden percent-encoding"),
  PATH_CLIMBS(400, "the path climbs above its root"),
  VERSION(505, "only HTTP/1.0 and HTTP/1.1 are spoken here"),
  START_LINE(400, "the start line is malformed"),
  BARE_LF(400, "a line must end with CR LF"),
  BARE_CR(400, "CR must be followed by LF"),
  FIELD_NAME(400, "a field name must be a token"),
  SPACE_BEFORE_COLON(400, "no space may stand between field name and colon"),
  LINE_FOLDING(400, "line folding is not allowed"),
  FIELD_VALUE(400, "a field value holds a control character"),
  HEAD_TOO_LARGE(431, "the head is larger than the limit"),
  TOO_MANY_FIELDS(431, "the head has more fields than the limit"),
  HOST_MISSING(400, "HTTP/1.1 requires the Host field"),
  HOST_REPEATED(400, "the Host field must stand once"),
  HOST_INVALID(400, "the Host field must be a host name or address, and a port"),
  LENGTH_INVALID(400, "Content-Length must be decimal digits"),
  LENGTH_REPEATED(400, "Content-Length must stand once"),
  LENGTH_AND_CODING(400, "Content-Length and Transfer-Encoding exclude each other"),
  CODING_INVALID(400, "Transfer-Encoding must end with chunked and name it once"),
  CODING_UNSUPPORTED(501, "the only transfer coding spoken here is chunked"),
  CODING_IN_HTTP_1_0(400, "HTTP/1.0 has no Transfer-Encoding"),
  CONNECTION_INVALID(400, "the Connection field must list tokens that do not frame the message"),
  CONNECT_UNSUPPORTED(405, "CONNECT is not offered here"),
  UPGRADE_UNSUPPORTED(501, "this upgrade is not offered here"),
  UPGRADE_BODY(400, "a request that ends HTTP on its connection must have no body"),
  CHUNK_SIZE(400, "a chunk size must be 1 to 15 hexadecimal digits"),
  CHUNK_EXTENSION(400, "a chunk extension is malformed or too long"),
  CHUNK_END(400, "chunk data must end with CR LF"),
  TRAILER(400, "a trailer field is malformed or may not stand in a trailer"),
  TRAILER_TOO_LARGE(431, "the trailer section is larger than the limit");

  private final int status;
  private final String text;

  Fault(int status, String text) {
    this.status = status;
    this.text = text;
  }

  /** The status of the answer to a request with this fault. */
  public int status() {
    return status;
  }

  /** The rule that was broken, in words for whoever sent the message. */
  public String text() {
    return text;
  }
}
