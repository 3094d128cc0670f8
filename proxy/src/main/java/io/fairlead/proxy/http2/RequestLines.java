package io.fairlead.proxy.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadAssembler;
import io.fairlead.proxy.http1.Method;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes a request head of the fields of a header block (RFC 9113 section 8.3.1). One per event
 * loop, used again for each request.
 */
final class RequestLines implements HpackDecoder.Sink {
  private static final byte[] COOKIE = "cookie: ".getBytes(US_ASCII);
  private static final byte[] EMPTY_BODY = "content-length: 0\r\n".getBytes(US_ASCII);

  private static final byte[] GET = "GET".getBytes(US_ASCII);
  private static final byte[] CONNECTION = "connection: upgrade\r\n".getBytes(US_ASCII);
  private static final byte[] UPGRADE = "upgrade: websocket\r\n".getBytes(US_ASCII);

  private final HeadAssembler assembler;
  private @Nullable HeaderLine method;
  private @Nullable HeaderLine scheme;
  private @Nullable HeaderLine path;
  private @Nullable HeaderLine authority;
  private @Nullable HeaderLine protocol;
  private byte[] cookies = {};
  private int cookieLength;
  private boolean started;
  private boolean malformed;
  private @Nullable Fault refusal;

  RequestLines(HeadAssembler assembler) {
    this.assembler = assembler;
  }

  void begin() {
    method = scheme = path = authority = protocol = null;
    cookieLength = 0;
    started = malformed = false;
    refusal = null;
  }

  @Override
  public void line(HeaderLine line) {
    switch (line.kind) {
      case METHOD -> method = once(method, line);
      case SCHEME -> scheme = once(scheme, line);
      case PATH -> path = once(path, line);
      case AUTHORITY -> authority = once(authority, line);
      case REGULAR, TE -> regular(line);
      case COOKIE -> cookie(line);
      case PROTOCOL -> protocol = once(protocol, line);
      case STATUS, MALFORMED -> malformed = true;
    }
  }

  private HeaderLine once(@Nullable HeaderLine before, HeaderLine line) {
    malformed |= before != null || started;
    return line;
  }

  private void regular(HeaderLine line) {
    start();
    if (malformed) {
      return;
    }
    HeaderLine host = authority;
    if (line.field == Field.HOST && host != null) {
      // The same said twice is one; two hosts are an attempt to be taken for another.
      malformed =
          !Arrays.equals(
              line.octets,
              line.valueFrom(),
              line.valueTo(),
              host.octets,
              host.valueFrom(),
              host.valueTo());
      return;
    }
    assembler.line(line.octets, 0, line.octets.length, line.nameLength, line.field);
  }

  private void start() {
    if (started || malformed) {
      return;
    }
    started = true;
    HeaderLine verb = method;
    if (verb == null) {
      malformed = true;
      return;
    }
    boolean connects = isConnect(verb);
    boolean connect = connects && protocol == null;
    HeaderLine target = connect ? authority : path;
    malformed = target == null || (connect ? path != null || scheme != null : scheme == null);
    malformed |= protocol != null && (!connects || authority == null);
    if (target == null || malformed) {
      return;
    }
    int from = target.valueFrom();
    boolean rooted = target.valueLength() > 0 && target.octets[from] == '/';
    boolean asterisk = target.valueLength() == 1 && target.octets[from] == '*';
    malformed = !connect && !rooted && !asterisk;
    if (protocol == null) {
      assembler.beginRequest(
          verb.octets, verb.valueFrom(), verb.valueTo(), target.octets, from, target.valueTo());
    } else {
      assembler.beginRequest(GET, 0, GET.length, target.octets, from, target.valueTo());
    }
    HeaderLine host = authority;
    if (host != null) {
      assembler.host(host.octets, host.valueFrom(), host.valueTo());
    }
    if (protocol != null) {
      upgrade(protocol);
    }
  }

  /** What opens a WebSocket in HTTP/2 asks for it in HTTP/1.1 (RFC 8441 section 5). */
  private void upgrade(HeaderLine wanted) {
    if (!wanted.value().equals("websocket")) {
      refusal = Fault.UPGRADE_UNSUPPORTED;
      return;
    }
    assembler.line(CONNECTION, 0, CONNECTION.length, 10, Field.CONNECTION);
    assembler.line(UPGRADE, 0, UPGRADE.length, 7, Field.UPGRADE);
    // The key only proves that the upstream has understood, which its status does, too.
    byte[] key = new byte[16];
    ThreadLocalRandom.current().nextBytes(key);
    byte[] line =
        ("sec-websocket-key: " + Base64.getEncoder().encodeToString(key) + "\r\n")
            .getBytes(US_ASCII);
    assembler.line(line, 0, line.length, 17, null);
  }

  private static boolean isConnect(HeaderLine method) {
    return method.valueLength() == 7 && method.value().equals("CONNECT");
  }

  /** Crumbs become one field again (RFC 9113 section 8.2.3). */
  private void cookie(HeaderLine line) {
    start();
    int more = line.valueLength();
    // What is longer than a head may be fails when the line is added, so it need not be kept.
    if (malformed || cookieLength > assembler.head().octets().length) {
      return;
    }
    int needed = cookieLength + more + COOKIE.length + 4;
    if (needed > cookies.length) {
      cookies = Arrays.copyOf(cookies, Math.max(256, needed * 2));
    }
    if (cookieLength == 0) {
      System.arraycopy(COOKIE, 0, cookies, 0, COOKIE.length);
      cookieLength = COOKIE.length;
    } else {
      cookies[cookieLength++] = ';';
      cookies[cookieLength++] = ' ';
    }
    System.arraycopy(line.octets, line.valueFrom(), cookies, cookieLength, more);
    cookieLength += more;
  }

  /** Whether the fields make no request, whatever their values. */
  boolean isMalformed() {
    return malformed;
  }

  /**
   * Ends the head.
   *
   * @param end whether no body follows
   * @return why the request is refused, or null; means something unless it is malformed
   */
  @Nullable Fault finish(boolean end) {
    start();
    if (malformed) {
      return null;
    }
    if (cookieLength > 0) {
      cookies[cookieLength++] = '\r';
      cookies[cookieLength++] = '\n';
      assembler.line(cookies, 0, cookieLength, COOKIE.length - 2, Field.COOKIE);
    }
    if (refusal != null) {
      return refusal;
    }
    Head head = assembler.head();
    malformed = end && head.contentLength() > 0;
    boolean tunnel = protocol != null || head.method() == Method.CONNECT;
    if (!end && !tunnel && Http2HeadWriter.needsChunks(head)) {
      assembler.chunked();
    } else if (end && !tunnel && head.contentLength() < 0 && expectsBody(head.method())) {
      assembler.line(EMPTY_BODY, 0, EMPTY_BODY.length, 14, Field.CONTENT_LENGTH);
    }
    return assembler.finishRequest();
  }

  /** Methods without a body that servers want to hear the length of (RFC 9110 section 8.6). */
  private static boolean expectsBody(Method method) {
    return method == Method.POST || method == Method.PUT || method == Method.PATCH;
  }
}
