package io.fairlead.discovery;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceTest {
  @Test
  void everyBrokenRuleIsNamedAtOnce() {
    var refused =
        catchThrowableOfType(
            InvalidInstanceException.class,
            () ->
                new Instance(
                    "Pay_ment",
                    "a/b",
                    "",
                    70_000,
                    "v 2",
                    Map.of("zone east", "x"),
                    Map.of("note", "line\nbreak"),
                    HealthStatus.UP));

    assertThat(refused.faults())
        .extracting(Fault::field)
        .containsExactly("service", "id", "host", "port", "version", "labels", "metadata.note");
    assertThat(refused).hasMessageContaining("port: must be 1 to 65535, was '70000'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "payment", "pay-ment-2", "2fast"})
  void dnsLabelsNameServices(String service) {
    assertThat(new InstanceKey(service, "1").service()).isEqualTo(service);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "a-", "a.b", "A", "a_b", "ü"})
  void otherWordsDoNotNameServices(String service) {
    assertThatThrownBy(() -> new InstanceKey(service, "1"))
        .isInstanceOf(InvalidInstanceException.class)
        .hasMessageStartingWith("service: must be a DNS label");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "a b", "a%20"})
  void idsThatCannotStandInPathsAreRefused(String id) {
    assertThatThrownBy(() -> new InstanceKey("payment", id))
        .isInstanceOf(InvalidInstanceException.class)
        .hasMessageStartingWith("id: ");
  }

  @Test
  void namesAreBounded() {
    assertThat(new InstanceKey("a".repeat(63), "i".repeat(128))).isNotNull();
    assertThatThrownBy(() -> new InstanceKey("a".repeat(64), "1")).hasMessageContaining("63");
    assertThatThrownBy(() -> new InstanceKey("a", "i".repeat(129))).hasMessageContaining("128");
  }

  @Test
  void labelsAreBoundedCopiedAndSorted() {
    var labels = new HashMap<String, String>();
    for (int i = 0; i < 32; i++) {
      labels.put("k" + i, "v");
    }
    var instance = Instance.of(new InstanceKey("a", "1"), "::1", 80).withLabels(labels);
    labels.put("one-more", "v");

    assertThat(instance.labels()).hasSize(32).isUnmodifiable();
    assertThat(instance.labels().keySet().stream().toList()).isSorted();
    assertThatThrownBy(() -> instance.withLabels(labels))
        .hasMessageContaining("labels: must have at most 32 entries, was '33 entries'");
  }

  @Test
  void aLongValueIsCutInTheMessage() {
    assertThatThrownBy(() -> new InstanceKey("a", "x".repeat(10_000)))
        .extracting(Throwable::getMessage, as(STRING))
        .hasSizeLessThan(400);
  }
}
