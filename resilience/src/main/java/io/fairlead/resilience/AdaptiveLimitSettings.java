package io.fairlead.resilience;

/**
 * The bounds of an adaptive limit and how it moves between them. Immutable.
 *
 * @param algorithm how the limit is found
 * @param initialLimit calls at a time before anything is known, {@code minLimit} to {@code
 *     maxLimit}
 * @param minLimit the limit never goes below, 1 to 1,000,000
 * @param maxLimit the limit never goes above, {@code minLimit} to 1,000,000
 */
public record AdaptiveLimitSettings(
    LimitAlgorithm algorithm, int initialLimit, int minLimit, int maxLimit) {
  public AdaptiveLimitSettings {
    Require.within("minLimit", minLimit, 1, 1_000_000);
    Require.within("maxLimit", maxLimit, minLimit, 1_000_000);
    Require.within("initialLimit", initialLimit, minLimit, maxLimit);
  }

  /** The gradient with its defaults, from 20 calls at a time, between 1 and 1,000. */
  public static AdaptiveLimitSettings defaults() {
    return new AdaptiveLimitSettings(LimitAlgorithm.gradient(), 20, 1, 1_000);
  }

  /** A limit that stays as it is. */
  public static AdaptiveLimitSettings fixed(int limit) {
    return new AdaptiveLimitSettings(LimitAlgorithm.aimd(), limit, limit, limit);
  }

  /** These settings with another {@link #algorithm}. */
  public AdaptiveLimitSettings withAlgorithm(LimitAlgorithm algorithm) {
    return new AdaptiveLimitSettings(algorithm, initialLimit, minLimit, maxLimit);
  }

  /** These settings with another {@link #initialLimit}. */
  public AdaptiveLimitSettings withInitialLimit(int initialLimit) {
    return new AdaptiveLimitSettings(algorithm, initialLimit, minLimit, maxLimit);
  }

  /** These settings with another {@link #minLimit}. */
  public AdaptiveLimitSettings withMinLimit(int minLimit) {
    return new AdaptiveLimitSettings(algorithm, initialLimit, minLimit, maxLimit);
  }

  /** These settings with another {@link #maxLimit}. */
  public AdaptiveLimitSettings withMaxLimit(int maxLimit) {
    return new AdaptiveLimitSettings(algorithm, initialLimit, minLimit, maxLimit);
  }
}
