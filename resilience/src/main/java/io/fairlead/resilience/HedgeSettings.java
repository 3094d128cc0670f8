package io.fairlead.resilience;

import java.time.Duration;

/**
 * When a call that has no answer yet is made a second time. Immutable.
 *
 * @param delay so long after a try without an answer the next begins; above 0. The 95th percentile
 *     of the latency costs about 5 % more calls
 * @param maxHedges tries beside the first, 0 to 10; 0 makes none
 */
public record HedgeSettings(Duration delay, int maxHedges) {
  public HedgeSettings {
    Require.positive("delay", delay);
    Require.within("maxHedges", maxHedges, 0, 10);
  }

  /** One more try after 100 ms. */
  public static HedgeSettings defaults() {
    return new HedgeSettings(Duration.ofMillis(100), 1);
  }

  /** These settings with another {@link #delay}. */
  public HedgeSettings withDelay(Duration delay) {
    return new HedgeSettings(delay, maxHedges);
  }

  /** These settings with another {@link #maxHedges}. */
  public HedgeSettings withMaxHedges(int maxHedges) {
    return new HedgeSettings(delay, maxHedges);
  }
}
