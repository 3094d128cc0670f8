package io.fairlead.proxy.upstream;

import io.fairlead.proxy.upstream.EndpointProbe.Outcome;

/**
 * What the last probes of one endpoint say together. Pure but for its state; for one thread.
 *
 * <p>The first probe decides at once, and so does an answer that says no. Otherwise it takes as
 * many outcomes in a row as the threshold demands to change what was decided.
 */
final class CheckRow {
  private final int unhealthyThreshold;
  private final int healthyThreshold;
  private boolean decided;
  private boolean healthy;
  private int row;

  CheckRow(int unhealthyThreshold, int healthyThreshold) {
    this.unhealthyThreshold = unhealthyThreshold;
    this.healthyThreshold = healthyThreshold;
  }

  /** Takes an outcome in; whether it changes what was decided. */
  boolean add(Outcome outcome) {
    boolean passed = outcome == Outcome.PASSED;
    if (decided && passed == healthy) {
      row = 0;
      return false;
    }
    row++;
    boolean enough =
        !decided
            || outcome == Outcome.REFUSED
            || row >= (passed ? healthyThreshold : unhealthyThreshold);
    if (enough) {
      decided = true;
      healthy = passed;
      row = 0;
    }
    return enough;
  }

  /** What was decided last. */
  boolean isHealthy() {
    return healthy;
  }
}
