package io.fairlead.proxy.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Header compression against another implementation, and against octets that are none. */
class HpackTest {
  private static final long SEED = 20_261_123;
  private static final String[] NAMES = {
    "server",
    "date",
    "content-type",
    "content-length",
    "x-custom",
    "cache-control",
    "vary",
    "set-cookie",
    "x-request-id",
    "accept",
    "user-agent",
    "x-very-long-name-of-a-field-indeed"
  };

  private final byte[] scratch = new byte[64 << 10];

  private static List<String> randomFields(Random random) {
    List<String> fields = new ArrayList<>();
    for (int i = random.nextInt(12); i >= 0; i--) {
      String name = NAMES[random.nextInt(NAMES.length)];
      int kind = random.nextInt(4);
      int length = kind == 0 ? random.nextInt(300) : random.nextInt(8);
      StringBuilder value = new StringBuilder();
      for (int k = 0; k < length; k++) {
        value.append((char) (kind == 1 ? 'a' + k : '!' + random.nextInt(90)));
      }
      fields.add(name + ": " + value);
    }
    return fields;
  }

  private static void encode(HpackEncoder encoder, String field) {
    byte[] octets = field.getBytes(ISO_8859_1);
    int colon = field.indexOf(": ");
    encoder.field(octets, 0, colon, octets, colon + 2, octets.length);
  }

  @Test
  void anotherDecoderReadsWhatWasEncoded() throws Http2Exception {
    Random random = new Random(SEED);
    HpackEncoder encoder = new HpackEncoder(scratch);
    var decoder = new DefaultHttp2HeadersDecoder(false);
    int octets = 0;
    for (int round = 0; round < 20_000; round++) {
      if (round % 500 == 250) {
        int size = random.nextInt(5_000);
        decoder.configuration().maxHeaderTableSize(4_096);
        encoder.tableSize(size);
        encoder.tableSize(random.nextBoolean() ? 0 : 4_096);
      }
      List<String> fields = randomFields(random);
      encoder.begin();
      encoder.status(200 + round % 300);
      fields.forEach(field -> encode(encoder, field));
      octets += encoder.length();
      Http2Headers read =
          decoder.decodeHeaders(1, Unpooled.wrappedBuffer(encoder.block(), 0, encoder.length()));
      List<String> seen = new ArrayList<>();
      read.forEach(field -> seen.add(field.getKey() + ": " + field.getValue()));
      fields.addFirst(":status: " + (200 + round % 300));
      assertThat(seen).as("round %s", round).containsExactlyElementsOf(fields);
    }
    assertThat(octets).isPositive();
  }

  @Test
  void whatAnotherEncoderWroteIsRead() throws Http2Exception {
    Random random = new Random(SEED);
    var encoder = new DefaultHttp2HeadersEncoder((name, value) -> false, false, 16, 0);
    HpackDecoder decoder = new HpackDecoder(4_096, scratch);
    for (int round = 0; round < 20_000; round++) {
      if (round % 700 == 350) {
        encoder.configuration().maxHeaderTableSize(random.nextInt(4_096));
      }
      List<String> fields = randomFields(random);
      Http2Headers headers = new DefaultHttp2Headers(false);
      for (String field : fields) {
        int colon = field.indexOf(": ");
        headers.add(field.substring(0, colon), field.substring(colon + 2));
      }
      List<String> wanted = new ArrayList<>();
      headers.forEach(field -> wanted.add(field.getKey() + ": " + field.getValue()));
      ByteBuf block = Unpooled.buffer();
      encoder.encodeHeaders(1, headers, block);
      byte[] octets = new byte[block.readableBytes()];
      block.readBytes(octets);
      List<String> seen = new ArrayList<>();
      boolean decoded =
          decoder.decode(
              octets, 0, octets.length, line -> seen.add(line.name() + ": " + line.value()));
      assertThat(decoded).as("round %s", round).isTrue();
      assertThat(seen).as("round %s", round).containsExactlyElementsOf(wanted);
    }
  }

  @Test
  void repeatedFieldsCostOneOctetEach() {
    HpackEncoder encoder = new HpackEncoder(scratch);
    for (int i = 0; i < 2; i++) {
      encoder.begin();
      encode(encoder, "server: nginx");
      encode(encoder, "x-custom: value");
    }
    assertThat(encoder.length()).isEqualTo(2);
  }

  @Test
  void secretsAndNumbersStayOutOfTheTable() {
    HpackEncoder encoder = new HpackEncoder(scratch);
    for (int i = 0; i < 2; i++) {
      encoder.begin();
      encode(encoder, "set-cookie: secret");
      encode(encoder, "content-length: 100");
    }
    assertThat(encoder.length()).isGreaterThan("secret100".length());
  }

  @Test
  void noOctetsMakeTheDecoderFail() {
    Random random = new Random(SEED);
    int faulty = 0;
    for (int round = 0; round < 200_000; round++) {
      HpackDecoder decoder = new HpackDecoder(4_096, scratch);
      byte[] octets = new byte[random.nextInt(40)];
      random.nextBytes(octets);
      List<HeaderLine> lines = new ArrayList<>();
      if (!decoder.decode(octets, 0, octets.length, lines::add)) {
        faulty++;
      }
      assertThat(lines).hasSizeLessThanOrEqualTo(octets.length);
    }
    assertThat(faulty).isPositive().isLessThan(200_000);
  }

  @Test
  void faultyBlocksAreRefused() {
    byte[][] blocks = {
      {(byte) 0x80}, // index 0
      {(byte) 0xc0}, // an index beyond the table
      {(byte) 0x82, 0x20}, // a change of size that is not at the start
      {0x3f, (byte) 0xe2, 0x1f}, // a size above the bound
      {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f}, // too long
      {0x40, 0x03, 'a'}, // a string that is cut
      {0x40, 0x01, 'a', (byte) 0x81, 0x00}, // padding that is not ones
      {0x40, 0x01, 'a', (byte) 0x84, -1, -1, -1, -1}, // the end of string as a symbol
      {0x40, 0x01, 'a', (byte) 0x82, 0x1f, -1} // eight bits of padding
    };
    for (byte[] block : blocks) {
      HpackDecoder decoder = new HpackDecoder(4_096, scratch);
      assertThat(decoder.decode(block, 0, block.length, line -> {}))
          .as("%s", java.util.HexFormat.of().formatHex(block))
          .isFalse();
    }
  }
}
