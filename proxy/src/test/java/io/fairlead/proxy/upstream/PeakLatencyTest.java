package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PeakLatencyTest {
  private final PeakLatency latency = new PeakLatency(1_000, 0);

  @Test
  void aHigherLatencyCountsAtOnceAndALowerOneWithTime() {
    latency.observe(100, 0);
    assertThat(latency.average(0)).isEqualTo(100);
    latency.observe(500, 10);
    assertThat(latency.average(10)).isEqualTo(500);
    latency.observe(100, 10);
    assertThat(latency.average(10)).isEqualTo(500);
    latency.observe(100, 1_010);
    assertThat(latency.average(1_010)).isCloseTo(100 + 400 / Math.E, within(1e-6));
  }

  @Test
  void withoutAnswersItFallsTowardsZero() {
    assertThat(latency.average(5)).isZero();
    latency.observe(800, 0);
    assertThat(latency.average(1_000)).isCloseTo(800 / Math.E, within(1e-6));
    assertThat(latency.average(1_000_000)).isCloseTo(0, within(1e-6));
  }
}
