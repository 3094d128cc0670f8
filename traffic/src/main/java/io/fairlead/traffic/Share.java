package io.fairlead.traffic;

/**
 * A share of requests, as exact as it travels in xDS. Immutable.
 *
 * @param perMillion 0 to 1,000,000
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/v3/percent.proto">
 *     envoy.type.v3.FractionalPercent</a>
 */
public record Share(int perMillion) {
  /** Of every request. */
  public static final int WHOLE = 1_000_000;

  /** All requests. */
  public static final Share ALL = new Share(WHOLE);

  public Share {
    if (perMillion < 0 || perMillion > WHOLE) {
      throw new IllegalArgumentException("share: must be 0 to 1000000, was " + perMillion);
    }
  }

  /** The nearest share to a percentage of 0 to 100. */
  public static Share ofPercent(double percent) {
    return new Share((int) Math.round(percent * (WHOLE / 100)));
  }
}
