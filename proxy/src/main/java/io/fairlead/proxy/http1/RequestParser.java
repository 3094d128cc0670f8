package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Parses request heads (RFC 9112 sections 2, 3 and 5) on an array that is used again for every
 * request. One per event loop; not thread-safe. The result is {@link #head()} until the next call.
 */
public final class RequestParser {
  /** More octets are needed. */
  public static final int INCOMPLETE = FieldParser.INCOMPLETE;

  /** The head is refused; {@link #fault()} says why. */
  public static final int FAULTY = FieldParser.FAULTY;

  /** Most heads fit, and a body behind a short head is not copied for nothing. */
  private static final int FIRST_COPY = 1_024;

  private static final byte[] HTTP = "http://".getBytes(US_ASCII);
  private static final byte[] HTTPS = "https://".getBytes(US_ASCII);
  private static final byte[] VERSION = "HTTP/1.".getBytes(US_ASCII);
  private static final byte[] SLASH = "/".getBytes(US_ASCII);
  private static final byte[] ASTERISK = "*".getBytes(US_ASCII);

  private final Http1Limits limits;
  private final Head head;
  private final FieldParser fieldParser;

  public RequestParser(Http1Limits limits) {
    this.limits = limits;
    this.head = new Head(limits);
    this.fieldParser = new FieldParser(head);
  }

  public Head head() {
    return head;
  }

  public Fault fault() {
    return fieldParser.fault();
  }

  /**
   * Whether parsing again is of use after so many octets were not enough: not before another line
   * has ended, which would cost the square.
   */
  public boolean mayBeComplete(ByteBuf octets, int scanned) {
    int from = octets.readerIndex() + Math.min(scanned, octets.readableBytes());
    return octets.readableBytes() >= limits.headBytes()
        || octets.indexOf(from, octets.writerIndex(), (byte) '\n') >= 0;
  }

  /**
   * Parses the head at the reader index and leaves the index there, but for one empty line before
   * the request line, which is skipped (RFC 9112 section 2.2).
   *
   * @return octets of the head, {@link #INCOMPLETE} or {@link #FAULTY}
   */
  public int parse(ByteBuf in) {
    int from = in.readerIndex();
    if (in.readableBytes() >= 2
        && in.getByte(from) == Octets.CR
        && in.getByte(from + 1) == Octets.LF) {
      in.skipBytes(2);
    }
    int available = Math.min(in.readableBytes(), limits.headBytes());
    int end = Math.min(available, FIRST_COPY);
    in.getBytes(in.readerIndex(), head.octets, 0, end);
    int result = parse(end);
    if (result == INCOMPLETE && end < available) {
      in.getBytes(in.readerIndex() + end, head.octets, end, available - end);
      end = available;
      result = parse(end);
    }
    return result == INCOMPLETE && end == limits.headBytes()
        ? fieldParser.fail(Fault.HEAD_TOO_LARGE)
        : result;
  }

  private int parse(int end) {
    byte[] b = head.octets;
    head.clear();
    if (end == 1 && b[0] == Octets.CR) {
      return INCOMPLETE;
    }
    int at = 0;
    while (at < end && Octets.is(b[at], Octets.TOKEN)) {
      at++;
    }
    if (at == end) {
      return INCOMPLETE;
    }
    if (at == 0 || b[at] != ' ') {
      return fieldParser.fail(Fault.METHOD);
    }
    head.methodTo = at;
    head.targetFrom = ++at;
    while (at < end && Octets.is(b[at], Octets.TARGET)) {
      at++;
    }
    if (at - head.targetFrom > limits.targetBytes()) {
      return fieldParser.fail(Fault.TARGET_TOO_LONG);
    }
    if (at == end) {
      return INCOMPLETE;
    }
    if (b[at] != ' ') {
      boolean lineEnds = b[at] == Octets.CR || b[at] == Octets.LF;
      return fieldParser.fail(lineEnds ? Fault.START_LINE : Fault.TARGET);
    }
    head.targetTo = at;
    int fields = version(at + 1, end);
    if (fields <= 0) {
      return fields;
    }
    head.method = Method.of(b, 0, head.methodTo);
    int result = fieldParser.parse(fields, end);
    if (result <= 0) {
      return result;
    }
    Fault found = check();
    return found == null ? result : fieldParser.fail(found);
  }

  private int version(int from, int end) {
    byte[] b = head.octets;
    int present = Math.min(end - from, VERSION.length);
    for (int i = 0; i < present; i++) {
      if (b[from + i] != VERSION[i]) {
        // "PRI * HTTP/2.0" and any other version number get 505, everything else is no version.
        return fieldParser.fail(i >= 5 ? Fault.VERSION : Fault.START_LINE);
      }
    }
    if (end - from <= VERSION.length) {
      return INCOMPLETE;
    }
    int at = from + VERSION.length;
    byte minor = b[at];
    if (minor != '1' && minor != '0') {
      return fieldParser.fail(Fault.VERSION);
    }
    head.http10 = minor == '0';
    if (at + 1 < end && b[at + 1] != Octets.CR) {
      return fieldParser.fail(b[at + 1] == Octets.LF ? Fault.BARE_LF : Fault.START_LINE);
    }
    if (at + 2 >= end) {
      return INCOMPLETE;
    }
    return b[at + 2] == Octets.LF ? at + 3 : fieldParser.fail(Fault.BARE_CR);
  }

  FieldParser fieldParser() {
    return fieldParser;
  }

  Http1Limits limits() {
    return limits;
  }

  /** Checks target and host of a head whose lines are in place. */
  @Nullable Fault check() {
    if (head.hosts > 1) {
      return Fault.HOST_REPEATED;
    }
    if (head.hosts == 0 && !head.http10) {
      return Fault.HOST_MISSING;
    }
    if (head.hosts == 1 && !Authority.isValid(head.octets, head.hostFrom, head.hostTo)) {
      return Fault.HOST_INVALID;
    }
    head.authorityFrom = head.hostFrom;
    head.authorityTo = head.hostTo;
    // Any other upgrade is ignored (RFC 9110 section 7.8), and so is h2c.
    head.wantsWebSocket &= head.method == Method.GET && !head.http10;
    boolean tunnel = head.wantsWebSocket || head.method == Method.CONNECT;
    // Two parties that disagree on where a body ends would disagree on where the tunnel begins.
    if (tunnel && (head.chunked || head.contentLength > 0)) {
      return Fault.UPGRADE_BODY;
    }
    return head.method == Method.CONNECT ? tunnel() : target();
  }

  /** The target is host and port alone (RFC 9112 section 3.2.3); there is no path. */
  private @Nullable Fault tunnel() {
    byte[] b = head.octets;
    int from = head.targetFrom;
    int to = head.targetTo;
    if (head.http10) {
      return Fault.CONNECT_UNSUPPORTED;
    }
    boolean port = b[to - 1] >= '0' && b[to - 1] <= '9' && lastColon(b, from, to) > from;
    if (!port || !Authority.isValid(b, from, to)) {
      return Fault.TARGET_FORM;
    }
    head.authorityFrom = from;
    head.authorityTo = to;
    head.path = b;
    head.pathFrom = to;
    head.pathTo = to;
    head.queryFrom = to;
    return null;
  }

  /** The place of the colon before the last digits, or -1. */
  private static int lastColon(byte[] b, int from, int to) {
    int at = to - 1;
    while (at >= from && b[at] >= '0' && b[at] <= '9') {
      at--;
    }
    return at >= from && b[at] == ':' ? at : -1;
  }

  private @Nullable Fault target() {
    byte[] b = head.octets;
    int from = head.targetFrom;
    if (from == head.targetTo) {
      return Fault.TARGET_FORM;
    }
    head.originForm = b[from] == '/';
    if (head.originForm) {
      return path(from);
    }
    if (b[from] == '*' && from + 1 == head.targetTo && head.method == Method.OPTIONS) {
      head.path = ASTERISK;
      head.pathFrom = 0;
      head.pathTo = 1;
      head.queryFrom = head.targetTo;
      return null;
    }
    int scheme = schemeTo(from, HTTP);
    scheme = scheme > 0 ? scheme : schemeTo(from, HTTPS);
    return scheme > 0 ? absolute(scheme) : Fault.TARGET_FORM;
  }

  private int schemeTo(int from, byte[] scheme) {
    int to = from + scheme.length;
    return to <= head.targetTo && Octets.equalsLower(head.octets, from, to, scheme) ? to : -1;
  }

  /** The authority of the target replaces the Host field (RFC 9112 section 3.2.2). */
  private @Nullable Fault absolute(int from) {
    byte[] b = head.octets;
    int at = from;
    while (at < head.targetTo && b[at] != '/' && b[at] != '?') {
      at++;
    }
    if (!Authority.isValid(b, from, at)) {
      return Fault.HOST_INVALID;
    }
    head.authorityFrom = from;
    head.authorityTo = at;
    head.targetChanged = true;
    head.dropAll(Field.HOST);
    if (at < head.targetTo && b[at] == '/') {
      return path(at);
    }
    head.path = head.method == Method.OPTIONS && at == head.targetTo ? ASTERISK : SLASH;
    head.pathFrom = 0;
    head.pathTo = 1;
    head.queryFrom = at;
    return null;
  }

  private @Nullable Fault path(int from) {
    byte[] b = head.octets;
    int at = from;
    while (at < head.targetTo && b[at] != '?') {
      at++;
    }
    head.path = b;
    head.pathFrom = from;
    head.pathTo = at;
    head.queryFrom = at;
    return PathNormalizer.apply(head);
  }
}
