package io.fairlead.resilience;

import java.time.Duration;

/**
 * How an {@link AdaptiveLimit} finds its limit. Immutable.
 *
 * <p>Both count in rounds: a round is over when as many answers as the limit, and at least 10, have
 * come, which is about one round trip of a busy limit. So neither needs a clock, and a faster
 * service is learned faster.
 */
public sealed interface LimitAlgorithm {
  /** The share of the limit that stays after an overload. */
  double backoffRatio();

  /** Additive increase, multiplicative decrease with its defaults: ratio 0.9, threshold 5 s. */
  static LimitAlgorithm aimd() {
    return new Aimd(0.9, Duration.ofSeconds(5));
  }

  /** The gradient with its defaults: ratio 0.9, tolerance 1.5, queue 4, smoothing 0.2, 600. */
  static LimitAlgorithm gradient() {
    return new Gradient(0.9, 1.5, 4, 0.2, 600);
  }

  /**
   * One more after each round without overload, a share less after an overload, as TCP does
   * (Jacobson, "Congestion Avoidance and Control", 1988). Needs a service that says when it is
   * overloaded, or a latency at which it is taken to be.
   *
   * @param backoffRatio the share of the limit that stays after an overload, 0.5 to 0.99
   * @param latencyThreshold a success that took longer counts as dropped
   */
  record Aimd(double backoffRatio, Duration latencyThreshold) implements LimitAlgorithm {
    public Aimd {
      Require.within("backoffRatio", backoffRatio, 0.5, 0.99);
      Require.positive("latencyThreshold", latencyThreshold);
    }
  }

  /**
   * Compares the mean latency of each round with its smoothed value over a long window: a round
   * that is slower than {@code tolerance} times the long value shrinks the limit by that ratio, any
   * other lets it grow by {@code queueSize} before smoothing. The idea is that of Gradient2 of
   * Netflix concurrency-limits. There the long value follows a lasting queue upwards; here, as in
   * the ProbeRTT phase of BBR (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM
   * Queue 2016), every sixth of the long window the limit is halved for three rounds, and again as
   * long as that makes answers faster, so that the queue drains and the latency without it is seen.
   * That costs a busy service up to 5 % of its throughput, and up to 12 % with fewer than ten calls
   * in flight.
   *
   * @param backoffRatio the share of the limit that stays after a dropped call, 0.5 to 0.99
   * @param tolerance how many times the long value a round may take, 1 to 10
   * @param queueSize calls that may queue at the service while the limit grows, 1 to 1,000
   * @param smoothing share of a new limit that is taken over per round, 0.01 to 1
   * @param longWindow rounds over which the long value is smoothed, 12 to 100,000
   */
  record Gradient(
      double backoffRatio, double tolerance, int queueSize, double smoothing, int longWindow)
      implements LimitAlgorithm {
    public Gradient {
      Require.within("backoffRatio", backoffRatio, 0.5, 0.99);
      Require.within("tolerance", tolerance, 1.0, 10.0);
      Require.within("queueSize", queueSize, 1, 1_000);
      Require.within("smoothing", smoothing, 0.01, 1.0);
      Require.within("longWindow", longWindow, 12, 100_000);
    }
  }
}
