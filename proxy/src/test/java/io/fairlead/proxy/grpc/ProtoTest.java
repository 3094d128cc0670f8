package io.fairlead.proxy.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The reader and the writer of messages, with protobuf itself as the oracle. */
class ProtoTest {
  @Test
  void protobufReadsWhatIsWritten() throws Exception {
    byte[] message =
        new ProtoWriter()
            .number(1, 300)
            .number(2, -1)
            .number(3, 0)
            .yes(4)
            .text(5, "")
            .text(6, "grüße")
            .message(16, nested -> nested.number(1, 7).entry(2, "k", "v"))
            .bytes(2_000, new byte[200])
            .toBytes();
    UnknownFieldSet fields = UnknownFieldSet.parseFrom(message);
    assertThat(fields.asMap().keySet()).containsExactlyInAnyOrder(1, 2, 4, 6, 16, 2_000);
    assertThat(fields.getField(1).getVarintList()).containsExactly(300L);
    assertThat(fields.getField(2).getVarintList()).containsExactly(-1L);
    assertThat(fields.getField(6).getLengthDelimitedList())
        .containsExactly(ByteString.copyFromUtf8("grüße"));
    UnknownFieldSet nested =
        UnknownFieldSet.parseFrom(fields.getField(16).getLengthDelimitedList().getFirst());
    assertThat(nested.getField(1).getVarintList()).containsExactly(7L);
    assertThat(fields.toByteArray()).as("in the order of the fields").isEqualTo(message);
  }

  @Test
  void whatProtobufWritesIsRead() throws Exception {
    var fields =
        UnknownFieldSet.newBuilder()
            .addField(
                1,
                UnknownFieldSet.Field.newBuilder()
                    .addVarint(-5)
                    .addFixed32(0xf000_0001)
                    .addFixed64(-2)
                    .build())
            .addField(
                2,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("text"))
                    .build())
            .build();
    ProtoReader reader = new ProtoReader(fields.toByteArray());
    for (long number : List.of(-5L, 0xf000_0001L, -2L)) {
      assertThat(reader.next()).isTrue();
      assertThat(reader.field()).isEqualTo(1);
      assertThat(reader.number()).isEqualTo(number);
      assertThatThrownBy(reader::text).isInstanceOf(ProtoException.class);
    }
    assertThat(reader.next()).isTrue();
    assertThat(reader.text()).isEqualTo("text");
    assertThat(reader.bytes()).isEqualTo("text".getBytes(UTF_8));
    assertThatThrownBy(reader::number).isInstanceOf(ProtoException.class);
    assertThat(reader.next()).isFalse();
  }

  /** Octets at random end in a field too much or in an exception, and never in anything else. */
  @Test
  void everyMessageEnds() {
    Random random = new Random(7);
    int malformed = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] octets = new byte[random.nextInt(24)];
      random.nextBytes(octets);
      try {
        read(new ProtoReader(octets), 0);
      } catch (ProtoException e) {
        malformed++;
      }
    }
    assertThat(malformed).isBetween(1, 49_999);
  }

  private static void read(ProtoReader reader, int depth) throws ProtoException {
    while (reader.next()) {
      assertThat(reader.field()).isPositive();
      if (depth < 3 && reader.field() % 2 == 0) {
        read(reader.message(), depth + 1);
      }
    }
  }

  @Test
  void aBodyHoldsOneMessage() {
    byte[] message = "message".getBytes(UTF_8);
    byte[] body = GrpcFrame.wrap(message);
    assertThat(body).startsWith(0, 0, 0, 0, 7);
    assertThat(GrpcFrame.unwrap(body)).isEqualTo(message);
    assertThat(GrpcFrame.unwrap(GrpcFrame.wrap(new byte[0]))).isEmpty();
    assertThat(GrpcFrame.unwrap(Arrays.copyOf(body, body.length - 1))).isNull();
    assertThat(GrpcFrame.unwrap(Arrays.copyOf(body, body.length + 1))).isNull();
    assertThat(GrpcFrame.unwrap(new byte[4])).isNull();
    body[0] = 1;
    assertThat(GrpcFrame.unwrap(body)).as("compressed").isNull();
  }
}
