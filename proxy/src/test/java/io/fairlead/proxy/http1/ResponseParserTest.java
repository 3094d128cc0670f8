package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class ResponseParserTest {
  private final ResponseParser parser = new ResponseParser(Http1Limits.defaults());

  @Test
  void statusLineAndFieldsAreRead() {
    String answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
    assertThat(parse(answer + "abc")).isEqualTo(answer.length());
    assertThat(parser.head().status()).isEqualTo(404);
    assertThat(parser.head().contentLength()).isEqualTo(3);
    assertThat(parser.head().isPersistent()).isFalse();
  }

  @Test
  void reasonMayBeEmptyOrMissing() {
    assertThat(parse("HTTP/1.1 200 \r\n\r\n")).isEqualTo(17);
    assertThat(parse("HTTP/1.1 200\r\n\r\n")).isEqualTo(16);
    assertThat(parse("HTTP/1.0 200 \u00fcber\tgut\r\n\r\n")).isPositive();
  }

  @Test
  void malformedStatusLinesAreRefused() {
    refuse("HTTP/2 200\r\n\r\n", Fault.VERSION);
    refuse("HTTP/1.7 200 OK\r\n\r\n", Fault.VERSION);
    refuse("HTTP/1.1 20 OK\r\n\r\n", Fault.START_LINE);
    refuse("HTTP/1.1 2000 OK\r\n\r\n", Fault.START_LINE);
    refuse("HTTP/1.1 099 OK\r\n\r\n", Fault.START_LINE);
    refuse("HTTP/1.1  200 OK\r\n\r\n", Fault.START_LINE);
    refuse("HTTP/1.1 200 O\0K\r\n\r\n", Fault.START_LINE);
    refuse("HTTP/1.1 200 OK\n\r\n", Fault.BARE_LF);
    refuse("HTTP/1.1 200 OK\rX: y\r\n\r\n", Fault.BARE_CR);
    refuse("<html>not http</html>", Fault.START_LINE);
  }

  @Test
  void contradictoryFramingIsRefused() {
    refuse(
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        Fault.LENGTH_AND_CODING);
    refuse(
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Fault.LENGTH_REPEATED);
    refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: deflate\r\n\r\n", Fault.CODING_UNSUPPORTED);
  }

  @Test
  void upgradeOfferIsNoFault() {
    assertThat(
            parse(
                "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                    + "Content-Length: 0\r\n\r\n"))
        .isPositive();
  }

  @Test
  void framingDependsOnMethodAndStatus() {
    assertThat(framing("200 OK", "", Method.GET)).isEqualTo(Framing.UNTIL_CLOSE);
    assertThat(framing("200 OK", "Content-Length: 4\r\n", Method.GET)).isEqualTo(Framing.LENGTH);
    assertThat(framing("200 OK", "Content-Length: 4\r\n", Method.HEAD)).isEqualTo(Framing.NONE);
    assertThat(framing("200 OK", "Content-Length: 0\r\n", Method.GET)).isEqualTo(Framing.NONE);
    assertThat(framing("204 No Content", "", Method.GET)).isEqualTo(Framing.NONE);
    assertThat(framing("304 Not Modified", "Content-Length: 4\r\n", Method.GET))
        .isEqualTo(Framing.NONE);
    assertThat(framing("200 OK", "Transfer-Encoding: chunked\r\n", Method.GET))
        .isEqualTo(Framing.CHUNKED);
  }

  private Framing framing(String status, String fields, Method method) {
    assertThat(parse("HTTP/1.1 " + status + "\r\n" + fields + "\r\n")).isPositive();
    return Framing.ofResponse(parser.head(), method);
  }

  private void refuse(String answer, Fault fault) {
    assertThat(parse(answer)).as(answer).isEqualTo(ResponseParser.FAULTY);
    assertThat(parser.fault()).as(answer).isEqualTo(fault);
  }

  private int parse(String answer) {
    return parser.parse(Unpooled.copiedBuffer(answer, ISO_8859_1));
  }
}
