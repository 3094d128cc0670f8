package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fairlead.xds.DecodeException;
import io.fairlead.xds.Decoder;
import io.fairlead.xds.TypeUrls;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncoderTest {
  @Test
  void decodingWhatWasEncodedGivesTheEqualModel() {
    long seed = new Random().nextLong();
    var model = new RandomModel(seed);
    for (int i = 0; i < 3000; i++) {
      var resource = model.resource();
      var any = Encoder.encode(resource, model.surroundings());
      assertThat(Decoder.decode(any.getTypeUrl(), any.getValue()))
          .as("seed %d, round %d", seed, i)
          .isEqualTo(resource);
    }
  }

  @Test
  void mutilatedBytesAreRefusedAndNothingElseIsThrown() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var model = new RandomModel(seed);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      var any = Encoder.encode(model.resource());
      var bytes = any.getValue().toByteArray();
      if (bytes.length == 0) {
        continue;
      }
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      try {
        Decoder.decode(any.getTypeUrl(), ByteString.copyFrom(bytes));
      } catch (DecodeException expected) {
        refused++;
        assertThat(expected).as("seed %d, round %d", seed, i).hasMessageMatching("(?s).+");
      }
    }
    assertThat(refused).as("seed %d", seed).isPositive();
  }

  @Test
  void anUnknownTypeIsRefusedByName() {
    var types = List.of("type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap", "");
    for (var type : types) {
      org.assertj.core.api.Assertions.assertThatExceptionOfType(DecodeException.class)
          .isThrownBy(() -> Decoder.decode(type, ByteString.EMPTY))
          .withMessageContaining("'" + type + "' is not supported");
    }
    assertThat(types).doesNotContain(TypeUrls.CLUSTER);
  }
}
