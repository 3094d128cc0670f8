package io.fairlead.benchmarks.resilience;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import java.time.Duration;

/** Failsafe with the same settings as far as it has them: it knows no slow calls. */
final class FailsafePolicies {
  private FailsafePolicies() {}

  static CircuitBreaker<Object> countBased() {
    return CircuitBreaker.builder()
        .withFailureThreshold(
            Shared.WINDOW_CALLS * Shared.FAILURE_PERCENT / 100, Shared.WINDOW_CALLS)
        .withDelay(Shared.OPEN)
        .withSuccessThreshold(Shared.PROBES)
        .build();
  }

  static CircuitBreaker<Object> timeBased() {
    return CircuitBreaker.builder()
        .withFailureRateThreshold(
            Shared.FAILURE_PERCENT, Shared.MINIMUM_CALLS, Duration.ofSeconds(Shared.WINDOW_SECONDS))
        .withDelay(Shared.OPEN)
        .withSuccessThreshold(Shared.PROBES)
        .build();
  }

  static CircuitBreaker<Object> open() {
    var breaker = CircuitBreaker.builder().withDelay(Duration.ofDays(1)).build();
    breaker.open();
    return breaker;
  }

  static Bulkhead<Object> bulkhead() {
    return Bulkhead.of(Shared.MAX_CONCURRENT_CALLS);
  }

  static RateLimiter<Object> rateLimiter() {
    return RateLimiter.burstyBuilder(Shared.RATE_LIMIT, Duration.ofSeconds(1)).build();
  }

  static RetryPolicy<Object> retry() {
    return RetryPolicy.ofDefaults();
  }

  static FailsafeExecutor<Object> pipeline() {
    return Failsafe.with(retry(), countBased(), bulkhead(), Timeout.of(Shared.TIMEOUT));
  }
}
