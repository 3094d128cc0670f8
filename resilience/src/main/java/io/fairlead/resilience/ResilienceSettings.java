package io.fairlead.resilience;

import java.util.Optional;

/**
 * The policies of one target, each present or not: what a {@code ResiliencePolicy} declares and
 * what a call wrapper, a sidecar or a gateway enforces. Immutable, equal by value.
 *
 * <p>{@link #none()} and the {@code with...} methods are how settings are made: components may be
 * added, so leave the canonical constructor to code that copies every component.
 *
 * @param circuitBreaker the circuit breaker, or none
 * @param retry retries and their budget, or none
 * @param timeout the timeouts, or none
 * @param bulkhead the bulkhead, or none
 * @param rateLimit the rate limit, or none
 */
public record ResilienceSettings(
    Optional<CircuitBreakerSettings> circuitBreaker,
    Optional<RetrySettings> retry,
    Optional<TimeoutSettings> timeout,
    Optional<BulkheadSettings> bulkhead,
    Optional<RateLimitSettings> rateLimit) {
  private static final ResilienceSettings NONE =
      new ResilienceSettings(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** No policy at all. */
  public static ResilienceSettings none() {
    return NONE;
  }

  /** Every policy with its defaults. */
  public static ResilienceSettings defaults() {
    return NONE.withCircuitBreaker(CircuitBreakerSettings.defaults())
        .withRetry(RetrySettings.defaults())
        .withTimeout(TimeoutSettings.defaults())
        .withBulkhead(BulkheadSettings.defaults())
        .withRateLimit(RateLimitSettings.defaults());
  }

  /** These policies, and those of the other where this has none: a route's over its cluster's. */
  public ResilienceSettings or(ResilienceSettings other) {
    return new ResilienceSettings(
        circuitBreaker.or(other::circuitBreaker),
        retry.or(other::retry),
        timeout.or(other::timeout),
        bulkhead.or(other::bulkhead),
        rateLimit.or(other::rateLimit));
  }

  /** Whether there is no policy at all. */
  public boolean isEmpty() {
    return equals(NONE);
  }

  /** These policies with this circuitBreaker. */
  public ResilienceSettings withCircuitBreaker(CircuitBreakerSettings circuitBreaker) {
    return new ResilienceSettings(Optional.of(circuitBreaker), retry, timeout, bulkhead, rateLimit);
  }

  /** These policies with this retry. */
  public ResilienceSettings withRetry(RetrySettings retry) {
    return new ResilienceSettings(circuitBreaker, Optional.of(retry), timeout, bulkhead, rateLimit);
  }

  /** These policies with this timeout. */
  public ResilienceSettings withTimeout(TimeoutSettings timeout) {
    return new ResilienceSettings(circuitBreaker, retry, Optional.of(timeout), bulkhead, rateLimit);
  }

  /** These policies with this bulkhead. */
  public ResilienceSettings withBulkhead(BulkheadSettings bulkhead) {
    return new ResilienceSettings(circuitBreaker, retry, timeout, Optional.of(bulkhead), rateLimit);
  }

  /** These policies with this rateLimit. */
  public ResilienceSettings withRateLimit(RateLimitSettings rateLimit) {
    return new ResilienceSettings(circuitBreaker, retry, timeout, bulkhead, Optional.of(rateLimit));
  }
}
