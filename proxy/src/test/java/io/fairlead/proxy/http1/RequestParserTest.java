package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestParserTest {
  private static final String HOST = "Host: a\\r\\n";
  private final Http1Limits limits = new Http1Limits(2_048, 256, 8, 256);
  private final RequestParser parser = new RequestParser(limits);

  /** In the table a backslash escapes as in Java, so that each line shows its octets. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiterString = " => ",
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "METHOD => G@T / HTTP/1.1\\r\\n",
        "METHOD => \\x16\\x03\\x01\\x02",
        "METHOD =>  / HTTP/1.1\\r\\n",
        "TARGET => GET /#a HTTP/1.1\\r\\n",
        "TARGET => GET /\\xe4 HTTP/1.1\\r\\n",
        "TARGET => GET /\\0 HTTP/1.1\\r\\n",
        "TARGET => GET /a\\tb HTTP/1.1\\r\\n",
        "START_LINE => GET  / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "START_LINE => GET /\\r\\nHost: a\\r\\n\\r\\n",
        "START_LINE => GET / HTTP/1.1 \\r\\nHost: a\\r\\n\\r\\n",
        "START_LINE => GET / http/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "VERSION => PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n",
        "VERSION => GET / HTTP/1.2\\r\\nHost: a\\r\\n\\r\\n",
        "BARE_LF => GET / HTTP/1.1\\nHost: a\\n\\n",
        "BARE_LF => GET / HTTP/1.1\\r\\nHost: a\\n\\r\\n",
        "BARE_LF => GET / HTTP/1.1\\r\\nHost: a\\r\\n\\nGET /x HTTP/1.1\\r\\n",
        "BARE_CR => GET / HTTP/1.1\\r\\nHost: a\\rX: b\\r\\n\\r\\n",
        "FIELD_NAME => GET / HTTP/1.1\\r\\n: a\\r\\n\\r\\n",
        "FIELD_NAME => GET / HTTP/1.1\\r\\nH\\x00st: a\\r\\n\\r\\n",
        "FIELD_NAME => GET / HTTP/1.1\\r\\nHost\\r\\n\\r\\n",
        "SPACE_BEFORE_COLON => POST / HTTP/1.1\\r\\nContent-Length : 5\\r\\n\\r\\n",
        "LINE_FOLDING => GET / HTTP/1.1\\r\\nHost: a\\r\\n b\\r\\n\\r\\n",
        "FIELD_VALUE => GET / HTTP/1.1\\r\\nHost: a\\x00b\\r\\n\\r\\n",
        "FIELD_VALUE => GET / HTTP/1.1\\r\\nHost: a\\x7f\\r\\n\\r\\n",
        "HOST_MISSING => GET / HTTP/1.1\\r\\n\\r\\n",
        "HOST_REPEATED => GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: a\\r\\n\\r\\n",
        "HOST_INVALID => GET / HTTP/1.1\\r\\nHost:\\r\\n\\r\\n",
        "HOST_INVALID => GET / HTTP/1.1\\r\\nHost: a b\\r\\n\\r\\n",
        "HOST_INVALID => GET / HTTP/1.1\\r\\nHost: a:70000\\r\\n\\r\\n",
        "HOST_INVALID => GET / HTTP/1.1\\r\\nHost: u@a\\r\\n\\r\\n",
        "HOST_INVALID => GET http://u@a/ HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "TARGET_FORM => GET * HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "TARGET_FORM => GET a:80 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "TARGET_FORM => GET ftp://a/ HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "CONNECT_UNSUPPORTED => CONNECT a:80 HTTP/1.0\\r\\nHost: a:80\\r\\n\\r\\n",
        "TARGET_FORM => CONNECT a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "TARGET_FORM => CONNECT / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "TARGET_FORM => CONNECT http://a:80/ HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "TARGET_FORM => CONNECT u@a:80 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "UPGRADE_BODY => CONNECT a:80 HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1\\r\\n\\r\\n",
        "UPGRADE_BODY => GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: upgrade"
            + "\\r\\nUpgrade: websocket\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
      })
  void everyRuleOfTheHeadIsEnforced(Fault fault, String request) {
    assertRefused(fault, request);
  }

  /** Escaped as above. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiterString = " => ",
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "LENGTH_INVALID => POST / HTTP/1.1\\r\\nContent-Length: +5\\r\\n\\r\\n",
        "LENGTH_INVALID => POST / HTTP/1.1\\r\\nContent-Length: -1\\r\\n\\r\\n",
        "LENGTH_INVALID => POST / HTTP/1.1\\r\\nContent-Length: 0x5\\r\\n\\r\\n",
        "LENGTH_INVALID => POST / HTTP/1.1\\r\\nContent-Length: 5, 5\\r\\n\\r\\n",
        "LENGTH_INVALID => POST / HTTP/1.1\\r\\nContent-Length:\\r\\n\\r\\n",
        "LENGTH_INVALID => POST / HTTP/1.1\\r\\nContent-Length: 9999999999999999999\\r\\n\\r\\n",
        "LENGTH_REPEATED => P / HTTP/1.1\\r\\nContent-Length: 5\\r\\nContent-Length: 5\\r\\n\\r\\n",
        "CODING_UNSUPPORTED => POST / HTTP/1.1\\r\\nTransfer-Encoding: gzip, chunked\\r\\n\\r\\n",
        "CODING_UNSUPPORTED => POST / HTTP/1.1\\r\\nTransfer-Encoding: identity\\r\\n\\r\\n",
        "CODING_INVALID => POST / HTTP/1.1\\r\\nTransfer-Encoding: xchunkedx\\r\\n\\r\\n",
        "CODING_INVALID => POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked, chunked\\r\\n\\r\\n",
        "CODING_INVALID => POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked, gzip\\r\\n\\r\\n",
        "CODING_INVALID => POST / HTTP/1.1\\r\\nTransfer-Encoding:\\r\\n\\r\\n",
        "FIELD_VALUE => POST / HTTP/1.1\\r\\nTransfer-Encoding: \\x0bchunked\\r\\n\\r\\n",
        "CONNECTION_INVALID => POST / HTTP/1.1\\r\\nConnection: Content-Length\\r\\n\\r\\n",
        "CONNECTION_INVALID => POST / HTTP/1.1\\r\\nConnection: a b\\r\\n\\r\\n",
        "PATH_ENCODING => GET /%2 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "PATH_ENCODING => GET /%00 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "PATH_ENCODING => GET /a\\\\b HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "PATH_CLIMBS => GET /a/../../b HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
      })
  void everyRuleOfFramingAndPathIsEnforced(Fault fault, String request) {
    assertRefused(fault, request);
  }

  private void assertRefused(Fault fault, String request) {
    assertThat(parse(request)).isEqualTo(RequestParser.FAULTY);
    assertThat(parser.fault()).isEqualTo(fault);
  }

  @Test
  void lengthAndCodingExcludeEachOtherInEitherOrder() {
    String length = "Content-Length: 5\\r\\n";
    String coding = "Transfer-Encoding: chunked\\r\\n";
    for (String both : new String[] {length + coding, coding + length}) {
      assertThat(parse("POST / HTTP/1.1\\r\\n" + HOST + both + "\\r\\n")).isNegative();
      assertThat(parser.fault()).isEqualTo(Fault.LENGTH_AND_CODING);
    }
  }

  @Test
  void codingIsRefusedInHttp10() {
    assertThat(parse("POST / HTTP/1.0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")).isNegative();
    assertThat(parser.fault()).isEqualTo(Fault.CODING_IN_HTTP_1_0);
  }

  @Test
  void boundsAreEnforced() {
    assertThat(parse("GET /" + "a".repeat(256))).isNegative();
    assertThat(parser.fault()).isEqualTo(Fault.TARGET_TOO_LONG);
    assertThat(parse("GET / HTTP/1.1\\r\\nX: " + "v".repeat(2_048))).isNegative();
    assertThat(parser.fault()).isEqualTo(Fault.HEAD_TOO_LARGE);
    assertThat(parse("GET / HTTP/1.1\\r\\n" + "X: 1\\r\\n".repeat(9))).isNegative();
    assertThat(parser.fault()).isEqualTo(Fault.TOO_MANY_FIELDS);
    assertThat(Fault.TARGET_TOO_LONG.status()).isEqualTo(414);
    assertThat(Fault.HEAD_TOO_LARGE.status()).isEqualTo(431);
  }

  @Test
  void partsAreFoundWhereTheyStand() {
    String request =
        "PATCH /a/b?c=d HTTP/1.1\\r\\nhOsT: x.y:81\\r\\nX-A: \\t v w \\t\\r\\n\\r\\nrest";
    assertThat(parse(request)).isEqualTo(unescape(request).length() - 4);
    Head head = parser.head();
    assertThat(head.method()).isEqualTo(Method.PATCH);
    assertThat(head.pathText()).isEqualTo("/a/b");
    assertThat(head.queryText()).isEqualTo("?c=d");
    assertThat(head.authority()).isEqualTo("x.y:81");
    assertThat(head.find(Field.HOST, 0)).isZero();
    assertThat(head.value(head.find("x-a".getBytes(ISO_8859_1), 0))).isEqualTo("v w");
    assertThat(head.isPersistent()).isTrue();
  }

  @Test
  void authorityOfAnAbsoluteTargetReplacesTheHostField() {
    assertThat(parse("GET HTTP://b:9/p?q HTTP/1.1\\r\\n" + HOST + "\\r\\n")).isPositive();
    Head head = parser.head();
    assertThat(head.authority()).isEqualTo("b:9");
    assertThat(head.pathText()).isEqualTo("/p");
    assertThat(head.queryText()).isEqualTo("?q");
    assertThat(head.find(Field.HOST, 0)).isNegative();
  }

  @Test
  void pathOfAnAbsoluteTargetMayBeMissing() {
    assertThat(parse("GET http://b?q HTTP/1.1\\r\\n" + HOST + "\\r\\n")).isPositive();
    assertThat(parser.head().pathText()).isEqualTo("/");
    assertThat(parser.head().queryText()).isEqualTo("?q");
    assertThat(parse("OPTIONS http://b HTTP/1.1\\r\\n" + HOST + "\\r\\n")).isPositive();
    assertThat(parser.head().pathText()).isEqualTo("*");
  }

  @ParameterizedTest
  @CsvSource({
    "/a/./b, /a/b",
    "/a/../b, /b",
    "/a/%2E%2e/b, /b",
    "/%61/%7e, /a/~",
    "/a%2fb%2F, /a%2Fb%2F",
    "/a/.., /",
    "/a/., /a/",
    "/a/..b/.c, /a/..b/.c",
    "//a//../b, //a/b"
  })
  void pathsAreBroughtToOneForm(String path, String normal) {
    assertThat(parse("GET " + path + "?%2e HTTP/1.1\\r\\n" + HOST + "\\r\\n")).isPositive();
    assertThat(parser.head().pathText()).isEqualTo(normal);
    assertThat(parser.head().queryText()).isEqualTo("?%2e");
  }

  @Test
  void emptyLineBeforeTheRequestIsSkipped() {
    assertThat(parse("\\r\\nGET / HTTP/1.1\\r\\n" + HOST + "\\r\\n")).isEqualTo(27);
  }

  @Test
  void persistenceFollowsVersionAndConnection() {
    assertThat(persistent("HTTP/1.1", "")).isTrue();
    assertThat(persistent("HTTP/1.1", "Connection: Close\\r\\n")).isFalse();
    assertThat(persistent("HTTP/1.0", "")).isFalse();
    assertThat(persistent("HTTP/1.0", "Connection: foo , Keep-Alive\\r\\n")).isTrue();
    assertThat(persistent("HTTP/1.0", "Connection: keep-alive\\r\\nConnection: close\\r\\n"))
        .isFalse();
  }

  private boolean persistent(String version, String fields) {
    assertThat(parse("GET / " + version + "\\r\\n" + HOST + fields + "\\r\\n")).isPositive();
    return parser.head().isPersistent();
  }

  private int parse(String escaped) {
    ByteBuf in = Unpooled.copiedBuffer(unescape(escaped), ISO_8859_1);
    return parser.parse(in);
  }

  private static String unescape(String escaped) {
    return java.util.regex.Pattern.compile("\\\\x([0-9a-f]{2})")
        .matcher(escaped)
        .replaceAll(
            m ->
                java.util.regex.Matcher.quoteReplacement(
                    String.valueOf((char) Integer.parseInt(m.group(1), 16))))
        .translateEscapes();
  }
}
