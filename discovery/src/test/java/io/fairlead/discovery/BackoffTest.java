package io.fairlead.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

  @Test
  void waitsDoubleUpToTheLongest() {
    assertThat(backoff.delay(1, 0)).hasMillis(100);
    assertThat(backoff.delay(2, 0)).hasMillis(200);
    assertThat(backoff.delay(3, 0)).hasMillis(400);
    assertThat(backoff.delay(7, 0)).hasMillis(5000);
    assertThat(backoff.delay(Integer.MAX_VALUE, 0)).hasMillis(5000);
  }

  @Test
  void theShareAddsUpToHalf() {
    assertThat(backoff.delay(1, 1)).hasMillis(150);
    assertThat(backoff.delay(100, 0.5)).hasMillis(6250);
  }

  @Test
  void theLongestWaitIsNotBelowTheFirst() {
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessage("max: must not be below initial (PT2S), was PT1S");
  }
}
