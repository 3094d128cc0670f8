package io.fairlead.telemetry;

/** Decides whether a trace that starts here is recorded. Safe for all threads. */
@FunctionalInterface
public interface Sampler {
  boolean sampled(long traceIdHigh, long traceIdLow);

  /** Records every trace. */
  static Sampler always() {
    return (high, low) -> true;
  }

  /** Records none. */
  static Sampler never() {
    return (high, low) -> false;
  }

  /**
   * Records this share of the traces, decided by the random low 56 bits of the trace id as
   * OpenTelemetry's consistent probability sampling does, so that every hop with the same ratio
   * decides alike, and one with a higher ratio records all that one with a lower ratio does.
   *
   * @param ratio 0 to 1
   */
  static Sampler ratio(double ratio) {
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException("ratio: must be 0 to 1, was " + ratio);
    }
    long all = 1L << 56;
    long rejected = all - Math.round(ratio * all);
    return (high, low) -> (low & all - 1) >= rejected;
  }
}
