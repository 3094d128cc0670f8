package io.fairlead.traffic;

import java.time.Duration;

/**
 * When the answers of an endpoint get it ejected: it has no more requests for a while. Failures
 * without an answer (no connection, broken, no answer in time) count as 503. Immutable.
 *
 * @param consecutive5xx so many answers of 500 to 599 in a row
 * @param consecutiveGatewayFailure so many answers of 502, 503 or 504 in a row
 * @param successRate fewer successes than the others
 * @param failurePercentage more failures than a fixed share
 * @param ejection how long, and how many at a time
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto">
 *     envoy.config.cluster.v3.OutlierDetection</a>
 */
public record OutlierDetection(
    Consecutive consecutive5xx,
    Consecutive consecutiveGatewayFailure,
    SuccessRate successRate,
    FailurePercentage failurePercentage,
    Ejection ejection) {

  /**
   * Failures in a row, over all loops of a proxy.
   *
   * @param threshold from 1
   * @param enforcingPercent share of the times in which it is acted on, 0 to 100
   */
  public record Consecutive(int threshold, int enforcingPercent) {
    public Consecutive {
      atLeast("threshold", threshold, 1);
      percent("enforcingPercent", enforcingPercent);
    }
  }

  /**
   * A share of successes in the last interval that lies more than a multiple of the standard
   * deviation below the mean of all endpoints with enough requests.
   *
   * @param minimumHosts with enough requests, for the comparison to mean something
   * @param requestVolume requests in the interval that are enough
   * @param stdevFactor the multiple, in thousandths
   * @param enforcingPercent as with {@link Consecutive}
   */
  public record SuccessRate(
      int minimumHosts, int requestVolume, int stdevFactor, int enforcingPercent) {
    public SuccessRate {
      atLeast("minimumHosts", minimumHosts, 0);
      atLeast("requestVolume", requestVolume, 1);
      atLeast("stdevFactor", stdevFactor, 0);
      percent("enforcingPercent", enforcingPercent);
    }
  }

  /**
   * A share of failures in the last interval.
   *
   * @param threshold in percent, from which on an endpoint goes
   * @param minimumHosts with enough requests
   * @param requestVolume requests in the interval that are enough
   * @param enforcingPercent as with {@link Consecutive}
   */
  public record FailurePercentage(
      int threshold, int minimumHosts, int requestVolume, int enforcingPercent) {
    public FailurePercentage {
      percent("threshold", threshold);
      atLeast("minimumHosts", minimumHosts, 0);
      atLeast("requestVolume", requestVolume, 1);
      percent("enforcingPercent", enforcingPercent);
    }
  }

  /**
   * How endpoints are ejected.
   *
   * @param interval between two looks, at which endpoints also come back; 1 ms to 1 h
   * @param baseTime of the first ejection; the n-th in a row lasts n times as long
   * @param maxTime no ejection lasts longer than this, or {@code baseTime} if that is longer
   * @param maxPercent of the endpoints that may be out at a time; one always may
   */
  public record Ejection(Duration interval, Duration baseTime, Duration maxTime, int maxPercent) {
    public Ejection {
      var hour = Duration.ofHours(1);
      if (interval.compareTo(Duration.ofMillis(1)) < 0 || interval.compareTo(hour) > 0) {
        throw new IllegalArgumentException("interval: must be 1 ms to 1 h, was " + interval);
      }
      time("baseTime", baseTime);
      time("maxTime", maxTime);
      percent("maxPercent", maxPercent);
    }

    private static void time(String field, Duration value) {
      if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofDays(365)) > 0) {
        throw new IllegalArgumentException(
            field + ": must be above 0 and at most 365 days, was " + value);
      }
    }
  }

  /** Envoy's defaults: 5xx in a row and the success rate are acted on, the others are not. */
  public static OutlierDetection defaults() {
    return new OutlierDetection(
        new Consecutive(5, 100),
        new Consecutive(5, 0),
        new SuccessRate(5, 100, 1900, 100),
        new FailurePercentage(85, 5, 50, 0),
        new Ejection(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(300), 10));
  }

  private static void atLeast(String field, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(field + ": must be at least " + least + ", was " + value);
    }
  }

  private static void percent(String field, int value) {
    if (value < 0 || value > 100) {
      throw new IllegalArgumentException(field + ": must be 0 to 100, was " + value);
    }
  }
}
