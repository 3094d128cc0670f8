package io.fairlead.telemetry;

/** The counts of a histogram at one moment. Immutable. */
public final class HistogramSnapshot {
  private final double[] bounds;
  private final long[] cumulative;
  private final double sum;

  HistogramSnapshot(double[] bounds, long[] cumulative, double sum) {
    this.bounds = bounds;
    this.cumulative = cumulative;
    this.sum = sum;
  }

  /**
   * Counts that somebody else has made.
   *
   * @param bounds ascending
   * @param cumulative counts up to each bound, and of all
   * @param sum of all values
   */
  public static HistogramSnapshot of(double[] bounds, long[] cumulative, double sum) {
    if (cumulative.length != bounds.length + 1) {
      throw new IllegalArgumentException(
          "cumulative: must be one more than bounds, were " + cumulative.length);
    }
    return new HistogramSnapshot(bounds.clone(), cumulative.clone(), sum);
  }

  /** The number of bounds. */
  public int size() {
    return bounds.length;
  }

  /** The bound at an index from 0. */
  public double bound(int index) {
    return bounds[index];
  }

  /** How many values were not above the bound at this index. */
  public long countUpTo(int index) {
    return cumulative[index];
  }

  /** How many values there were. */
  public long count() {
    return cumulative[bounds.length];
  }

  /** The sum of all values. */
  public double sum() {
    return sum;
  }

  /**
   * A value that this share of the values does not exceed, interpolated between the bounds as
   * Prometheus' {@code histogram_quantile} does; the largest bound if it lies above all, 0 without
   * values.
   *
   * @param share 0 to 1
   */
  public double quantile(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share: must be 0 to 1, was " + share);
    }
    if (count() == 0) {
      return 0;
    }
    double rank = share * count();
    for (int i = 0; i < bounds.length; i++) {
      if (cumulative[i] >= rank && cumulative[i] > 0) {
        double lower = i == 0 ? 0 : bounds[i - 1];
        long below = i == 0 ? 0 : cumulative[i - 1];
        long inside = cumulative[i] - below;
        return inside == 0 ? bounds[i] : lower + (bounds[i] - lower) * (rank - below) / inside;
      }
    }
    return bounds[bounds.length - 1];
  }
}
