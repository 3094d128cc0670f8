package io.fairlead.resilience;

/**
 * What a limit algorithm has learned. For one thread at a time; the {@link AdaptiveLimit} sees to
 * that.
 */
sealed interface LimitEstimator {
  /** Whether this is the memory of that algorithm. */
  boolean serves(LimitAlgorithm algorithm);

  /**
   * The limit after a round, before it is held within its bounds.
   *
   * @param limit the limit in force
   * @param meanNanos mean latency of the round
   * @param busy whether the calls in flight came near the limit
   */
  int next(AdaptiveLimitSettings settings, int limit, double meanNanos, Load busy);

  /** How far the limit was used in a round. */
  enum Load {
    /** So little that the limit held nothing back, and nothing can be said of it. */
    LIGHT,
    /** At least half of it. */
    NEAR_LIMIT
  }

  static LimitEstimator of(LimitAlgorithm algorithm) {
    return switch (algorithm) {
      case LimitAlgorithm.Aimd aimd -> new Additive();
      case LimitAlgorithm.Gradient gradient -> new Gradual();
    };
  }

  /** AIMD needs no memory: drops have lowered the limit already. */
  final class Additive implements LimitEstimator {
    @Override
    public boolean serves(LimitAlgorithm algorithm) {
      return algorithm instanceof LimitAlgorithm.Aimd;
    }

    @Override
    public int next(AdaptiveLimitSettings settings, int limit, double meanNanos, Load busy) {
      return busy == Load.NEAR_LIMIT ? limit + 1 : limit;
    }
  }

  /** The gradient and its probes. */
  final class Gradual implements LimitEstimator {
    /** As many probes per long window keep its value within a few percent of the true one. */
    private static final int PROBES_PER_WINDOW = 6;

    /** Half a limit of answers each: those that queued before the probe leave in two rounds. */
    private static final int DRAIN_ROUNDS = 2;

    private double estimate;
    private double longNanos;
    private int rounds;

    /** A round that is faster by more than this at half the limit had a queue before. */
    private static final double STILL_QUEUED = 0.75;

    /** Rounds of this step of the probe that are left, 0 outside. */
    private int probing;

    private double resume;

    /** Mean latency of the step before, at twice the limit. */
    private double before;

    @Override
    public boolean serves(LimitAlgorithm algorithm) {
      return algorithm instanceof LimitAlgorithm.Gradient;
    }

    @Override
    public int next(AdaptiveLimitSettings settings, int limit, double meanNanos, Load busy) {
      var gradient = (LimitAlgorithm.Gradient) settings.algorithm();
      if (limit != (int) estimate) {
        // A drop or other settings moved it; the limit to resume moves alike.
        resume *= estimate == 0 ? 1 : limit / estimate;
        estimate = limit;
      }
      if (probing > 0) {
        return probe(settings, Math.max(1, meanNanos));
      }
      learn(gradient, Math.max(1, meanNanos));
      if (busy == Load.LIGHT) {
        return limit;
      }
      if (++rounds >= gradient.longWindow() / PROBES_PER_WINDOW) {
        rounds = 0;
        resume = estimate;
        return halve(settings, meanNanos);
      }
      double ratio = Math.clamp(gradient.tolerance() * longNanos / meanNanos, 0.5, 1.0);
      double wanted = estimate * ratio + gradient.queueSize();
      return move(settings, estimate + (wanted - estimate) * gradient.smoothing());
    }

    /** Halves as long as that makes answers faster; then nothing queues any more. */
    private int probe(AdaptiveLimitSettings settings, double meanNanos) {
      probing--;
      if (probing > 0) {
        return (int) estimate;
      }
      if (meanNanos < STILL_QUEUED * before && estimate > settings.minLimit()) {
        return halve(settings, meanNanos);
      }
      // Half way up only, since one round of a small limit is few answers and may be a slow one.
      longNanos = meanNanos < longNanos ? meanNanos : (longNanos + meanNanos) / 2;
      return move(settings, resume);
    }

    private int halve(AdaptiveLimitSettings settings, double meanNanos) {
      probing = DRAIN_ROUNDS + 1;
      before = meanNanos;
      return move(settings, estimate / 2);
    }

    private void learn(LimitAlgorithm.Gradient gradient, double meanNanos) {
      if (longNanos == 0) {
        longNanos = meanNanos;
        return;
      }
      longNanos += (meanNanos - longNanos) * 2 / (gradient.longWindow() + 1.0);
      if (longNanos > 2 * meanNanos) {
        // Learned in bad times that are over.
        longNanos *= 0.95;
      }
    }

    private int move(AdaptiveLimitSettings settings, double wanted) {
      estimate = Math.clamp(wanted, settings.minLimit(), settings.maxLimit());
      return (int) estimate;
    }
  }
}
