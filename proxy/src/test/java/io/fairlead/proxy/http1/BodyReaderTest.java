package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyReaderTest {
  private final BodyReader reader = new BodyReader(new Http1Limits(512, 64, 2, 40));

  @Test
  void lengthEndsTheBodyAndLeavesTheRest() {
    reader.start(Framing.LENGTH, 5);
    assertThat(read("he")).isEqualTo(2);
    assertThat(reader.isComplete()).isFalse();
    assertThat(reader.left()).isEqualTo(3);
    assertThat(read("lloGET /")).isEqualTo(3);
    assertThat(reader.isComplete()).isTrue();
  }

  @Test
  void closeEndsOnlyABodyThatHasNoOtherEnd() {
    reader.start(Framing.UNTIL_CLOSE, 0);
    assertThat(read("hello")).isEqualTo(5);
    assertThat(reader.isComplete()).isFalse();
    reader.closed();
    assertThat(reader.isComplete()).isTrue();
    reader.start(Framing.LENGTH, 5);
    reader.closed();
    assertThat(reader.isComplete()).isFalse();
  }

  @Test
  void chunksEndAfterTheTrailerSection() {
    String body = "3;a=\"b\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n";
    reader.start(Framing.CHUNKED, 0);
    assertThat(read(body + "GET /")).isEqualTo(body.length());
    assertThat(reader.isComplete()).isTrue();
  }

  @Test
  void dataIsToldApartFromItsFraming() {
    ByteBuf in = buffer("3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n");
    StringBuilder data = new StringBuilder();
    reader.start(Framing.CHUNKED, 0);
    reader.read(in, (index, length) -> data.append(in.toString(index, length, ISO_8859_1)));
    assertThat(data).hasToString("abcde");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\r\n",
        "\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "5\nhello\n",
        "5\r\nhelloX\r\n",
        "5\r\nhello\rX",
        "0x5\r\nhello\r\n",
        "-1\r\n",
        "1234567890123456\r\n",
        "5\rX",
        "5;a\nb\r\n",
        "5;a\0\r\n",
        "0\r\nHost: x\r\n\r\n",
        "0\r\nContent-Length: 1\r\n\r\n",
        "0\r\n x: y\r\n\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\nX: y\n\r\n",
        "0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n",
        "0\r\n\rX",
        "0\r\nX: 01234567890123456789012345678901234567890\r\n\r\n",
        "1;01234567890123456789012345678901234567890\r\na\r\n",
        "0\r\n: y\r\n\r\n"
      })
  void brokenChunksAreRefused(String body) {
    reader.start(Framing.CHUNKED, 0);
    assertThat(read(body)).isEqualTo(BodyReader.FAULTY);
    assertThat(reader.fault().status()).isIn(400, 431);
  }

  @Test
  void extensionsOfManyChunksAreBoundTogether() {
    reader.start(Framing.CHUNKED, 0);
    assertThat(read("1;0123456789012345678\r\na\r\n".repeat(2))).isPositive();
    assertThat(read("1;0123456789012345678\r\na\r\n")).isEqualTo(BodyReader.FAULTY);
    assertThat(reader.fault()).isEqualTo(Fault.CHUNK_EXTENSION);
  }

  private int read(String octets) {
    return reader.read(buffer(octets));
  }

  private static ByteBuf buffer(String octets) {
    return Unpooled.copiedBuffer(octets, ISO_8859_1);
  }
}
