package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.log.LineWriter.Escape;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineWriterTest {
  private static String written(byte[] octets, Escape escape) {
    LineWriter out = new LineWriter();
    out.value(octets, 0, octets.length, escape);
    return new String(out.line(), UTF_8);
  }

  private static String json(int... octets) {
    byte[] bytes = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    return written(bytes, Escape.JSON);
  }

  @Test
  void textHasNoOctetThatCouldEndALineOrAString() {
    assertThat(written("a\"b\\c\r\nd\u001b[31m\t\u007f".getBytes(ISO_8859_1), Escape.TEXT))
        .isEqualTo("a\\x22b\\x5cc\\x0d\\x0ad\\x1b[31m\\x09\\x7f");
    assertThat(written("é".getBytes(UTF_8), Escape.TEXT)).isEqualTo("\\xc3\\xa9");
  }

  @Test
  void jsonKeepsCharactersAndEscapesTheRest() {
    assertThat(written("a\"b\\c\r\né€😀".getBytes(UTF_8), Escape.JSON))
        .isEqualTo("a\\\"b\\\\c\\u000d\\u000aé€😀");
    assertThat(written("\u2028\u0085\u202e".getBytes(UTF_8), Escape.JSON))
        .isEqualTo("\\u2028\\u0085\\u202e");
  }

  @Test
  void whatIsNoUtf8IsReplaced() {
    assertThat(json('a', 0xff, 'b')).isEqualTo("a\\ufffdb");
    assertThat(json(0xc0, 0xaf)).isEqualTo("\\ufffd\\ufffd");
    assertThat(json(0xed, 0xa0, 0x80)).isEqualTo("\\ufffd\\ufffd\\ufffd");
    assertThat(json(0xe2, 0x82)).isEqualTo("\\ufffd\\ufffd");
    assertThat(json(0xf4, 0x90, 0x80, 0x80)).isEqualTo("\\ufffd\\ufffd\\ufffd\\ufffd");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 7, 10, -42, 1_234_567_890_123L, Long.MAX_VALUE})
  void numbersAreWrittenInDecimal(long number) {
    LineWriter out = new LineWriter();
    out.number(number);
    assertThat(new String(out.line(), UTF_8)).isEqualTo(Long.toString(number));
  }

  @Test
  void anyOctetsStayOneStringOfJson() throws Exception {
    var random = new SplittableRandom(4);
    for (int i = 0; i < 3_000; i++) {
      byte[] octets = new byte[random.nextInt(20)];
      random.nextBytes(octets);
      String text = written(octets, Escape.JSON);
      assertThat(text.chars().noneMatch(c -> c < ' ' || c == 0x7f)).isTrue();
      assertThat(text.replace("\\\\", "").replace("\\\"", "")).doesNotContain("\"");
      assertThat(new String(text.getBytes(UTF_8), UTF_8)).isEqualTo(text);
    }
  }
}
