package io.fairlead.benchmarks.resilience;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.RateLimiter;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.SlidingWindowType;
import java.time.Duration;
import java.util.Optional;

/** Ours, with the settings that all libraries get here; those of the breaker are our defaults. */
final class FairleadPolicies {
  private FairleadPolicies() {}

  static CircuitBreaker countBased() {
    return new CircuitBreaker("count", CircuitBreakerSettings.defaults());
  }

  static CircuitBreaker timeBased() {
    var settings =
        CircuitBreakerSettings.defaults()
            .withSlidingWindowSize(Shared.WINDOW_SECONDS)
            .withSlidingWindowType(SlidingWindowType.TIME_BASED);
    return new CircuitBreaker("time", settings);
  }

  static CircuitBreaker open() {
    var settings =
        CircuitBreakerSettings.defaults().withWaitDurationInOpenState(Duration.ofDays(1));
    var breaker = new CircuitBreaker("open", settings);
    for (long permit = breaker.tryAcquire(); permit >= 0; permit = breaker.tryAcquire()) {
      breaker.failure(permit, 0);
    }
    return breaker;
  }

  static Bulkhead bulkhead() {
    return new Bulkhead(
        "bulkhead",
        BulkheadSettings.defaults().withMaxConcurrentCalls(Shared.MAX_CONCURRENT_CALLS));
  }

  /** A limit that no measurement reaches, and as many per second as the settings allow. */
  static RateLimiter rateLimiter() {
    try {
      return rateLimiter(Duration.ofSeconds(1));
    } catch (IllegalArgumentException tooMany) {
      return rateLimiter(Duration.ofSeconds(Shared.RATE_LIMIT / 1_000_000));
    }
  }

  private static RateLimiter rateLimiter(Duration period) {
    return new RateLimiter("limit", new RateLimitSettings(Shared.RATE_LIMIT, period));
  }

  /** Without the budget that ours have by default and the peers do not know. */
  static Retry retry() {
    return new Retry("retry", RetrySettings.defaults().withBudget(Optional.empty()));
  }

  static Retry retryWithBudget() {
    return new Retry("retry", RetrySettings.defaults());
  }

  static Pipeline<Object> pipeline() {
    return Pipeline.named("pipeline")
        .retry(retry())
        .circuitBreaker(countBased())
        .bulkhead(bulkhead())
        .timeout(Shared.TIMEOUT)
        .build();
  }

  static PerKey<String, CircuitBreaker> perKey() {
    return new PerKey<>(
        2 * Shared.KEYS,
        key -> new CircuitBreaker(key, CircuitBreakerSettings.defaults()),
        countBased());
  }
}
