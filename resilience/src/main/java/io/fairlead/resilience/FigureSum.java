package io.fairlead.resilience;

import static io.fairlead.resilience.PolicyFigure.Kind.COUNT;
import static io.fairlead.resilience.PolicyFigure.Kind.LEVEL;
import static io.fairlead.resilience.PolicyFigure.Kind.RATE;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads policies into figures and joins those of one name. Confined to one thread. */
final class FigureSum {
  private final Map<Key, PolicyFigure> figures = new LinkedHashMap<>();
  private final Set<Policy> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final @Nullable String commonName;
  private String policyName = "";

  private record Key(String name, String policy, Optional<String> state) {}

  /** Each policy under its own name. */
  FigureSum() {
    commonName = null;
  }

  /** All policies under this name. */
  FigureSum(String commonName) {
    this.commonName = commonName;
  }

  List<PolicyFigure> list() {
    return List.copyOf(figures.values());
  }

  void add(Policy policy) {
    if (!seen.add(policy)) {
      return;
    }
    policyName = commonName == null ? policy.name() : commonName;
    switch (policy) {
      case Pipeline<?> pipeline -> pipeline.policies().forEach(this::add);
      case CircuitBreaker breaker -> breaker(breaker.snapshot());
      case Bulkhead bulkhead -> bulkhead(bulkhead.snapshot());
      case ThreadPoolBulkhead pool -> threadPool(pool.snapshot());
      case RateLimiter limiter -> rateLimiter(limiter.snapshot());
      case Retry retry -> {
        put("retry.retries", COUNT, retry.retries());
        put("retry.refused_by_budget", COUNT, retry.refusedByBudget());
      }
      case Timeout timeout -> put("timeout.timed_out_calls", COUNT, timeout.timedOutCalls());
      case Hedge hedge -> hedge(hedge.snapshot());
      case AdaptiveLimit limit -> adaptiveLimit(limit.snapshot());
      case LoadShedder shedder -> loadShedder(shedder.snapshot());
      case CallCache<?, ?> cache -> callCache(cache.snapshot());
      // Of an application's own policy nothing is known.
      default -> {}
    }
  }

  private void breaker(CircuitBreakerSnapshot now) {
    for (CircuitState state : CircuitState.values()) {
      var text = Optional.of(state.name().toLowerCase(Locale.ROOT));
      put("circuit_breaker.state", LEVEL, text, state == now.state() ? 1 : 0);
    }
    put("circuit_breaker.failure_rate", RATE, now.failureRate());
    put("circuit_breaker.slow_call_rate", RATE, now.slowCallRate());
    put("circuit_breaker.window_calls", LEVEL, now.calls());
    put("circuit_breaker.rejected_calls", COUNT, now.rejectedCalls());
    put("circuit_breaker.times_opened", COUNT, now.timesOpened());
  }

  private void bulkhead(BulkheadSnapshot now) {
    put("bulkhead.max_concurrent_calls", LEVEL, now.maxConcurrentCalls());
    put("bulkhead.in_use", LEVEL, now.inUse());
    put("bulkhead.waiting", LEVEL, now.waiting());
    put("bulkhead.rejected_calls", COUNT, now.rejectedCalls());
  }

  private void threadPool(ThreadPoolBulkheadSnapshot now) {
    put("thread_pool.max_threads", LEVEL, now.maxThreads());
    put("thread_pool.queue_capacity", LEVEL, now.queueCapacity());
    put("thread_pool.running", LEVEL, now.running());
    put("thread_pool.queued", LEVEL, now.queued());
    put("thread_pool.started_calls", COUNT, now.startedCalls());
    put("thread_pool.rejected_calls", COUNT, now.rejectedCalls());
    put("thread_pool.queue_time", COUNT, now.queueNanos() / 1e9);
  }

  private void rateLimiter(RateLimiterSnapshot now) {
    put("rate_limiter.available", LEVEL, now.available());
    put("rate_limiter.waiting", LEVEL, now.waiting());
    put("rate_limiter.rejected_calls", COUNT, now.rejectedCalls());
  }

  private void hedge(HedgeSnapshot now) {
    put("hedge.calls", COUNT, now.calls());
    put("hedge.hedges", COUNT, now.hedges());
    put("hedge.hedges_won", COUNT, now.hedgesWon());
    put("hedge.hedges_refused", COUNT, now.hedgesRefused());
    put("hedge.failed_calls", COUNT, now.failedCalls());
  }

  private void adaptiveLimit(AdaptiveLimitSnapshot now) {
    put("adaptive_limit.limit", LEVEL, now.limit());
    put("adaptive_limit.in_flight", LEVEL, now.inFlight());
    put("adaptive_limit.rejected_calls", COUNT, now.rejectedCalls());
    put("adaptive_limit.dropped_calls", COUNT, now.droppedCalls());
    put("adaptive_limit.times_lowered", COUNT, now.timesLowered());
  }

  private void loadShedder(LoadShedderSnapshot now) {
    put("load_shedder.limit", LEVEL, now.limit().limit());
    put("load_shedder.in_flight", LEVEL, now.limit().inFlight());
    long shed = now.shedCalls().values().stream().mapToLong(Long::longValue).sum();
    put("load_shedder.shed_calls", COUNT, shed);
  }

  private void callCache(CallCacheSnapshot now) {
    put("call_cache.entries", LEVEL, now.entries());
    put("call_cache.hits", COUNT, now.hits());
    put("call_cache.misses", COUNT, now.misses());
    put("call_cache.joined", COUNT, now.joined());
    put("call_cache.failures", COUNT, now.failures());
    put("call_cache.stale_served", COUNT, now.staleServed());
    put("call_cache.evictions", COUNT, now.evictions());
  }

  private void put(String name, PolicyFigure.Kind kind, double value) {
    put(name, kind, Optional.empty(), value);
  }

  private void put(String name, PolicyFigure.Kind kind, Optional<String> state, double value) {
    figures.merge(
        new Key(name, policyName, state),
        new PolicyFigure(name, kind, policyName, state, value),
        PolicyFigure::and);
  }
}
