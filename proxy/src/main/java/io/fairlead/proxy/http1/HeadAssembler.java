package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * Fills the head of a parser from parts that came otherwise than as HTTP/1.1, and puts it to the
 * same checks. Afterwards nobody can tell the difference, but that its octets are in no buffer: it
 * goes on with a length of 0 in the input.
 *
 * <p>{@link #beginRequest} or {@link #beginResponse}, then {@link #line} for each field, then
 * {@link #finishRequest} or {@link #finishResponse}. The first fault is kept and what follows is
 * ignored. One per event loop; not thread-safe.
 */
public final class HeadAssembler {
  private static final byte[] VERSION = " HTTP/1.1\r\n".getBytes(US_ASCII);
  private static final byte[] STATUS_VERSION = "HTTP/1.1 ".getBytes(US_ASCII);
  private static final byte[] CHUNKED = "transfer-encoding: chunked\r\n".getBytes(US_ASCII);
  private static final byte[] HOST = "host: ".getBytes(US_ASCII);
  private static final byte[] NO_PHRASE = " \r\n".getBytes(US_ASCII);

  private final RequestParser requests;
  private final ResponseParser responses;
  private Head head;
  private FieldParser fields;
  private int length;
  private @Nullable Fault fault;

  /** Fills the heads of these parsers. */
  public HeadAssembler(RequestParser requests, ResponseParser responses) {
    this.requests = requests;
    this.responses = responses;
    head = requests.head();
    fields = requests.fieldParser();
  }

  private void begin(Head into, FieldParser parser) {
    head = into;
    fields = parser;
    length = 0;
    fault = null;
    head.clear();
    head.http10 = false;
    fields.begin();
  }

  /** Begins a request; method and target are ranges of their own arrays. */
  public void beginRequest(
      byte[] method, int methodFrom, int methodTo, byte[] target, int targetFrom, int targetTo) {
    begin(requests.head(), requests.fieldParser());
    if (targetTo - targetFrom > requests.limits().targetBytes()) {
      fault = Fault.TARGET_TOO_LONG;
      return;
    }
    put(method, methodFrom, methodTo);
    head.methodTo = length;
    put(VERSION, 0, 1);
    head.targetFrom = length;
    put(target, targetFrom, targetTo);
    head.targetTo = length;
    put(VERSION, 0, VERSION.length);
    check(head.octets, 0, head.methodTo, Octets.TOKEN, Fault.METHOD);
    check(head.octets, head.targetFrom, head.targetTo, Octets.TARGET, Fault.TARGET);
    head.method = Method.of(head.octets, 0, head.methodTo);
  }

  private void check(byte[] octets, int from, int to, int kind, Fault otherwise) {
    if (fault != null) {
      return;
    }
    boolean valid = from < to;
    for (int i = from; i < to && valid; i++) {
      valid = Octets.is(octets[i], kind);
    }
    if (!valid) {
      fault = otherwise;
    }
  }

  /** Begins an answer; the status has three digits. */
  public void beginResponse(int status) {
    begin(responses.head(), responses.fieldParser());
    put(STATUS_VERSION, 0, STATUS_VERSION.length);
    head.octets[length++] = (byte) ('0' + status / 100);
    head.octets[length++] = (byte) ('0' + status / 10 % 10);
    head.octets[length++] = (byte) ('0' + status % 10);
    put(NO_PHRASE, 0, NO_PHRASE.length);
    head.status = status;
  }

  /**
   * Adds a field line.
   *
   * @param octets name, colon, space, value, CR, LF: name and value as the grammar wants them
   * @param field what the name stands for, if it is known
   */
  public void line(byte[] octets, int from, int to, int nameLength, @Nullable Field field) {
    int at = length;
    put(octets, from, to);
    if (fault == null && !fields.accept(at, at + nameLength, length - 2, field)) {
      fault = fields.fault();
    }
  }

  /** Adds the Host field with what the target says of the host. */
  public void host(byte[] octets, int from, int to) {
    int at = length;
    put(HOST, 0, HOST.length);
    put(octets, from, to);
    put(VERSION, VERSION.length - 2, VERSION.length);
    if (fault == null && !fields.accept(at, at + HOST.length - 2, length - 2, Field.HOST)) {
      fault = fields.fault();
    }
  }

  /** Says that the end of the body is marked, as trailers after it need, whatever its length. */
  public void chunked() {
    head.dropAll(Field.CONTENT_LENGTH);
    head.contentLength = -1;
    line(CHUNKED, 0, CHUNKED.length, 17, Field.TRANSFER_ENCODING);
  }

  private void put(byte[] octets, int from, int to) {
    if (to - from > head.octets.length - 2 - length) {
      fault = fault == null ? Fault.HEAD_TOO_LARGE : fault;
    }
    if (fault == null) {
      System.arraycopy(octets, from, head.octets, length, to - from);
      length += to - from;
    }
  }

  /** The head as far as it has come. */
  public Head head() {
    return head;
  }

  /** Ends a request; null if it may go on. */
  public @Nullable Fault finishRequest() {
    Fault found = finish();
    return found == null ? requests.check() : found;
  }

  /** Ends an answer; null if it may go on. */
  public @Nullable Fault finishResponse() {
    return finish();
  }

  private @Nullable Fault finish() {
    if (fault != null) {
      return fault;
    }
    head.octets[length++] = Octets.CR;
    head.octets[length++] = Octets.LF;
    return fields.finish(length) == FieldParser.FAULTY ? fields.fault() : null;
  }
}
