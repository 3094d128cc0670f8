package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fairlead.traffic.Interception;
import io.fairlead.xds.InterceptionWire;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InterceptionWireTest {
  private static Interception read(Map<String, String> fields) {
    return InterceptionWire.read(field -> fields.getOrDefault(field, ""));
  }

  @Test
  void whatIsWrittenIsRead() {
    for (var mode : Interception.Mode.values()) {
      for (var outbound : Interception.OutboundPolicy.values()) {
        for (var inbound : Interception.InboundPolicy.values()) {
          var interception = new Interception(mode, outbound, inbound, Duration.ofMillis(70));
          var expected = mode == Interception.Mode.NONE ? Interception.NONE : interception;
          assertThat(read(InterceptionWire.metadata(interception))).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void nothingSaidIsNothingIntercepted() {
    assertThat(read(Map.of())).isEqualTo(Interception.NONE);
    assertThat(InterceptionWire.metadata(Interception.NONE)).isEmpty();
  }

  @Test
  void whatIsWrongIsNamed() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> read(Map.of("interception", "PROXY")))
        .withMessage(
            "node.metadata.interception: must be one of [NONE, REDIRECT, TPROXY], was 'PROXY'");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> read(Map.of("protocolDetectionTimeout", "1s")))
        .withMessage("node.metadata.protocolDetectionTimeout: must be milliseconds, was '1s'");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> read(Map.of("protocolDetectionTimeout", "300001")))
        .withMessage("detection: must be 0 to 5m, was PT5M0.001S");
  }
}
