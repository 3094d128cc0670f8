package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class HeadWriterTest {
  private static final Http1Limits LIMITS = Http1Limits.defaults();
  private final RequestParser requests = new RequestParser(LIMITS);
  private final ResponseParser responses = new ResponseParser(LIMITS);
  private final HeadWriter writer = new HeadWriter(LIMITS, 64);

  @Test
  void untouchedHeadNeedsNoAssembly() {
    parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    writer.begin();
    assertThat(writer.isUnchanged(requests.head())).isTrue();
    parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\n\r\n");
    assertThat(writer.isUnchanged(requests.head())).isFalse();
  }

  @Test
  void hopByHopFieldsStayBehind() {
    assertThat(
            forward(
                "GET / HTTP/1.1\r\nX-Hop: 1\r\nHost: a\r\nConnection: x-HOP, close\r\n"
                    + "Keep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: a\r\nA: b\r\n"
                    + "Proxy-Authorization: s\r\nUpgrade: h2c\r\n\r\n"))
        .isEqualTo("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n");
  }

  @Test
  void additionsFollowWhatStays() {
    parse("GET / HTTP/1.0\r\n\r\n");
    writer.begin();
    writer.add("host: ".getBytes(ISO_8859_1), "b");
    writer.add("x: y\r\n".getBytes(ISO_8859_1));
    writer.request(requests.head());
    assertThat(written()).isEqualTo("GET / HTTP/1.1\r\nhost: b\r\nx: y\r\n\r\n");
  }

  @Test
  void absoluteTargetBecomesItsPath() {
    assertThat(forward("GET http://b/p?q HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n"))
        .isEqualTo("GET /p?q HTTP/1.1\r\nA: b\r\n\r\n");
  }

  @Test
  void pathPrefixIsReplaced() {
    parse("GET /user-service/users/%2E/1?x=/user-service HTTP/1.1\r\nHost: a\r\n\r\n");
    requests.head().replacePath("/api".getBytes(ISO_8859_1), "/user-service".length());
    writer.begin();
    writer.request(requests.head());
    assertThat(written()).startsWith("GET /api/users/1?x=/user-service HTTP/1.1\r\nHost");
  }

  @Test
  void answerOfHttp10GoesOnAsHttp11() {
    ByteBuf in = buffer("HTTP/1.0 200 OK\r\n\r\n");
    responses.parse(in);
    writer.begin();
    writer.response(responses.head());
    assertThat(written()).isEqualTo("HTTP/1.1 200 OK\r\n\r\n");
  }

  @Test
  void headIsPlacedBeforeItsBodyWhereTheOldOneStood() {
    ByteBuf in = Unpooled.buffer().writeZero(16).skipBytes(16);
    in.writeBytes("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody".getBytes(ISO_8859_1));
    int length = requests.parse(in);
    writer.begin();
    writer.add("a: 123456789\r\n".getBytes(ISO_8859_1));
    writer.request(requests.head());
    assertThat(writer.place(in, length)).isTrue();
    assertThat(in.toString(ISO_8859_1))
        .isEqualTo("GET / HTTP/1.1\r\nHost: a\r\na: 123456789\r\n\r\nbody");
    assertThat(in.readerIndex()).isEqualTo(2);
  }

  @Test
  void headThatDoesNotFitIsNotPlaced() {
    ByteBuf in = buffer("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    int length = requests.parse(in);
    writer.begin();
    writer.add("a: 1\r\n".getBytes(ISO_8859_1));
    writer.request(requests.head());
    assertThat(writer.place(in, length)).isFalse();
    assertThat(in.toString(ISO_8859_1)).isEqualTo("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  @Test
  void additionsBeyondTheBoundAreRefused() {
    parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    writer.begin();
    writer.add("a: ".getBytes(ISO_8859_1), "v".repeat(64));
    assertThat(writer.request(requests.head())).isEqualTo(HeadWriter.TOO_LARGE);
  }

  private String forward(String head) {
    parse(head);
    writer.begin();
    assertThat(writer.request(requests.head())).isPositive();
    return written();
  }

  private String written() {
    ByteBuf out = Unpooled.buffer();
    writer.writeTo(out);
    return out.toString(ISO_8859_1);
  }

  private void parse(String head) {
    assertThat(requests.parse(buffer(head))).isEqualTo(head.length());
  }

  private static ByteBuf buffer(String octets) {
    return Unpooled.copiedBuffer(octets, ISO_8859_1);
  }
}
