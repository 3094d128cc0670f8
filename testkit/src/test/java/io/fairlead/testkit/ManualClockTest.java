package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class ManualClockTest {
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");

  @Test
  void bothTimesMoveTogether() {
    var clock = new ManualClock(START);
    var elsewhere = clock.withZone(ZoneId.of("Europe/Berlin"));
    clock.advance(Duration.ofMillis(1500));

    assertThat(clock.nanoTime()).isEqualTo(1_500_000_000L);
    assertThat(clock.instant()).isEqualTo(START.plusMillis(1500)).isEqualTo(elsewhere.instant());
  }

  @Test
  void timeDoesNotGoBack() {
    assertThatThrownBy(() -> new ManualClock(START).advance(Duration.ofNanos(-1)))
        .hasMessage("step: must not be negative, was PT-0.000000001S");
  }
}
