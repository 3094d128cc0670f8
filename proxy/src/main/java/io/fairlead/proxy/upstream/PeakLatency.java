package io.fairlead.proxy.upstream;

/**
 * A moving average of an endpoint's latencies that rises at once and falls with time, so that a
 * slow endpoint is noticed by its first slow answer (Finagle, Peak EWMA). Belongs to its loop.
 */
final class PeakLatency {
  private final double decayNanos;
  private double average;
  private long atNanos;

  PeakLatency(long decayNanos, long nowNanos) {
    this.decayNanos = decayNanos;
    atNanos = nowNanos;
  }

  /** An answer took so long. */
  void observe(long latencyNanos, long nowNanos) {
    double latency = Math.max(0, latencyNanos);
    double kept = kept(nowNanos);
    average = latency > average ? latency : average * kept + latency * (1 - kept);
    atNanos = nowNanos;
  }

  /** The average now, in nanoseconds; 0 as long as there was no answer. */
  double average(long nowNanos) {
    return average * kept(nowNanos);
  }

  private double kept(long nowNanos) {
    return Math.exp(-Math.max(0, nowNanos - atNanos) / decayNanos);
  }
}
