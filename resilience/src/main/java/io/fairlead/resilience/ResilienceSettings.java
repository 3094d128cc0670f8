package io.fairlead.resilience;

import java.util.Optional;

/**
 * The policies of one target, each present or not: what a {@code ResiliencePolicy} declares and
 * what a call wrapper, a sidecar or a gateway enforces. Immutable, equal by value.
 *
 * <p>{@link #none()} and the {@code with...} methods are how settings are made: components may be
 * added, so leave the canonical constructor to code that copies every component. {@code threadPool}
 * and {@code process} apply in process only: threads and processes belong to the application, and a
 * sidecar or a gateway has neither.
 *
 * @param circuitBreaker the circuit breaker, or none
 * @param retry retries and their budget, or none
 * @param timeout the timeouts, or none
 * @param bulkhead the bulkhead, or none
 * @param rateLimit the rate limit, or none
 * @param threadPool the threads on which calls are made, or none; see {@link Pipeline#of(String,
 *     ResilienceSettings, ThreadPoolBulkhead)}
 * @param process the limits of a process that is started for the target, or none; for {@link
 *     ProcessBulkhead#launch}
 * @param adaptiveLimit the limit that finds by itself how many calls the target bears, or none
 */
public record ResilienceSettings(
    Optional<CircuitBreakerSettings> circuitBreaker,
    Optional<RetrySettings> retry,
    Optional<TimeoutSettings> timeout,
    Optional<BulkheadSettings> bulkhead,
    Optional<RateLimitSettings> rateLimit,
    Optional<ThreadPoolBulkheadSettings> threadPool,
    Optional<ProcessLimits> process,
    Optional<AdaptiveLimitSettings> adaptiveLimit) {
  private static final ResilienceSettings NONE =
      new ResilienceSettings(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** No policy at all. */
  public static ResilienceSettings none() {
    return NONE;
  }

  /** Every policy that needs neither threads nor processes, with its defaults. */
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
        rateLimit.or(other::rateLimit),
        threadPool.or(other::threadPool),
        process.or(other::process),
        adaptiveLimit.or(other::adaptiveLimit));
  }

  /** Whether there is no policy at all. */
  public boolean isEmpty() {
    return equals(NONE);
  }

  /** These policies with this circuitBreaker. */
  public ResilienceSettings withCircuitBreaker(CircuitBreakerSettings circuitBreaker) {
    return new ResilienceSettings(
        Optional.of(circuitBreaker),
        retry,
        timeout,
        bulkhead,
        rateLimit,
        threadPool,
        process,
        adaptiveLimit);
  }

  /** These policies with this retry. */
  public ResilienceSettings withRetry(RetrySettings retry) {
    return new ResilienceSettings(
        circuitBreaker,
        Optional.of(retry),
        timeout,
        bulkhead,
        rateLimit,
        threadPool,
        process,
        adaptiveLimit);
  }

  /** These policies with this timeout. */
  public ResilienceSettings withTimeout(TimeoutSettings timeout) {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        Optional.of(timeout),
        bulkhead,
        rateLimit,
        threadPool,
        process,
        adaptiveLimit);
  }

  /** These policies with this bulkhead. */
  public ResilienceSettings withBulkhead(BulkheadSettings bulkhead) {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        timeout,
        Optional.of(bulkhead),
        rateLimit,
        threadPool,
        process,
        adaptiveLimit);
  }

  /** These policies with this rateLimit. */
  public ResilienceSettings withRateLimit(RateLimitSettings rateLimit) {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        timeout,
        bulkhead,
        Optional.of(rateLimit),
        threadPool,
        process,
        adaptiveLimit);
  }

  /** These policies with this threadPool. */
  public ResilienceSettings withThreadPool(ThreadPoolBulkheadSettings threadPool) {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        timeout,
        bulkhead,
        rateLimit,
        Optional.of(threadPool),
        process,
        adaptiveLimit);
  }

  /** These policies with this process. */
  public ResilienceSettings withProcess(ProcessLimits process) {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        timeout,
        bulkhead,
        rateLimit,
        threadPool,
        Optional.of(process),
        adaptiveLimit);
  }

  /** These policies with this adaptiveLimit. */
  public ResilienceSettings withAdaptiveLimit(AdaptiveLimitSettings adaptiveLimit) {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        timeout,
        bulkhead,
        rateLimit,
        threadPool,
        process,
        Optional.of(adaptiveLimit));
  }

  /** These policies without a rate limit, as callers enforce those of a service. */
  public ResilienceSettings withoutRateLimit() {
    return new ResilienceSettings(
        circuitBreaker,
        retry,
        timeout,
        bulkhead,
        Optional.empty(),
        threadPool,
        process,
        adaptiveLimit);
  }
}
