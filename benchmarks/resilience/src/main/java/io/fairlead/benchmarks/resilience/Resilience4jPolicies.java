package io.fairlead.benchmarks.resilience;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Resilience4j with the same settings; what has no counterpart stays as it is by default. */
final class Resilience4jPolicies {
  private Resilience4jPolicies() {}

  static CircuitBreakerConfig config(SlidingWindowType type, int size) {
    return CircuitBreakerConfig.custom()
        .failureRateThreshold(Shared.FAILURE_PERCENT)
        .slowCallRateThreshold(Shared.SLOW_PERCENT)
        .slowCallDurationThreshold(Shared.SLOW)
        .slidingWindowType(type)
        .slidingWindowSize(size)
        .minimumNumberOfCalls(Shared.MINIMUM_CALLS)
        .waitDurationInOpenState(Shared.OPEN)
        .permittedNumberOfCallsInHalfOpenState(Shared.PROBES)
        .build();
  }

  static CircuitBreakerConfig countConfig() {
    return config(SlidingWindowType.COUNT_BASED, Shared.WINDOW_CALLS);
  }

  static CircuitBreaker countBased() {
    return CircuitBreaker.of("count", countConfig());
  }

  static CircuitBreaker timeBased() {
    return CircuitBreaker.of("time", config(SlidingWindowType.TIME_BASED, Shared.WINDOW_SECONDS));
  }

  /** With the other way to write its windows, which it does not use by default. */
  static CircuitBreaker lockFree(CircuitBreaker like) {
    var config =
        CircuitBreakerConfig.from(like.getCircuitBreakerConfig())
            .slidingWindowSynchronizationStrategy(SlidingWindowSynchronizationStrategy.LOCK_FREE)
            .build();
    return CircuitBreaker.of("lock-free", config);
  }

  static CircuitBreaker open() {
    var breaker = countBased();
    breaker.transitionToOpenStateFor(Duration.ofDays(1));
    return breaker;
  }

  static Bulkhead bulkhead() {
    return Bulkhead.of(
        "bulkhead",
        BulkheadConfig.custom().maxConcurrentCalls(Shared.MAX_CONCURRENT_CALLS).build());
  }

  static RateLimiter rateLimiter() {
    return RateLimiter.of(
        "limit",
        RateLimiterConfig.custom()
            .limitForPeriod(Shared.RATE_LIMIT)
            .limitRefreshPeriod(Duration.ofSeconds(1))
            .build());
  }

  static Retry retry() {
    return Retry.ofDefaults("retry");
  }

  /**
   * Its time limiter bounds the wait for a future and nothing synchronous. The future here is done
   * at once and needs no thread, which is the least that its timeout can cost.
   */
  static Callable<Object> pipeline(Work work) {
    var timeout = TimeLimiter.of(Shared.TIMEOUT);
    Callable<Object> limited =
        TimeLimiter.decorateFutureSupplier(
            timeout, () -> CompletableFuture.completedFuture(work.get()));
    var isolated = Bulkhead.decorateCallable(bulkhead(), limited);
    var guarded = CircuitBreaker.decorateCallable(countBased(), isolated);
    return Retry.decorateCallable(retry(), guarded);
  }
}
