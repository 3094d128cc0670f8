package io.fairlead.proxy.upstream;

import java.util.Locale;
import java.util.Map;

/**
 * What outlier detection did in one cluster. Immutable.
 *
 * @param active endpoints that are ejected now
 * @param ejections so far, of every detector
 * @param overflow ejections that did not happen since too many endpoints were out already
 */
public record OutlierStats(int active, Map<Detector, Long> ejections, long overflow) {
  /** Why an endpoint was ejected. */
  public enum Detector {
    CONSECUTIVE_5XX,
    CONSECUTIVE_GATEWAY_FAILURE,
    SUCCESS_RATE,
    FAILURE_PERCENTAGE;

    /** As metrics name it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public OutlierStats {
    ejections = Map.copyOf(ejections);
  }
}
