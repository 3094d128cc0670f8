package io.fairlead.interop.resilience;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Resilience4j, with its core decorators and a clock by {@code CircuitBreakerConfig.clock}. */
final class Resilience4j implements Library {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DEFAULT_WAIT = Duration.ofSeconds(60);

  private final CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();

  @Override
  public String title() {
    return "Resilience4j 2.4.0";
  }

  @Override
  public Set<Wish.Hook> hooks() {
    return EnumSet.allOf(Wish.Hook.class);
  }

  @Override
  public Breaker breaker(Wish wish) {
    var clock = new ManualClock();
    var config = smallWindow(clock).permittedNumberOfCallsInHalfOpenState(wish.probes());
    wish.on(Wish.Hook.EXCEPTION_CLASSIFIER)
        .ifPresent(code -> config.recordException(failure -> ran(code)));
    wish.on(Wish.Hook.RESULT_CLASSIFIER)
        .ifPresent(code -> config.recordResult(result -> ran(code)));
    wish.on(Wish.Hook.WAIT_FUNCTION)
        .ifPresent(
            code ->
                config.waitIntervalFunctionInOpenState(
                    attempt -> {
                      code.run();
                      return DEFAULT_WAIT.toMillis();
                    }));
    var breaker = CircuitBreaker.of("edge", config.build());
    wish.on(Wish.Hook.LISTENER)
        .ifPresent(code -> breaker.getEventPublisher().onStateTransition(event -> code.run()));
    wish.on(Wish.Hook.OUTCOME_LISTENER)
        .ifPresent(
            code -> {
              breaker.getEventPublisher().onSuccess(event -> code.run());
              breaker.getEventPublisher().onError(event -> code.run());
            });
    return new TheirBreaker(breaker, clock);
  }

  private static boolean ran(Runnable code) {
    code.run();
    return true;
  }

  private static CircuitBreakerConfig.Builder smallWindow(ManualClock clock) {
    return CircuitBreakerConfig.custom()
        .clock(clock)
        .slidingWindowSize(2)
        .minimumNumberOfCalls(2)
        .failureRateThreshold(100);
  }

  @Override
  public Breaker defaultBreaker() {
    var clock = new ManualClock();
    return new TheirBreaker(
        CircuitBreaker.of("edge", CircuitBreakerConfig.custom().clock(clock).build()), clock);
  }

  @Override
  public Entrance bulkhead(int places, Duration maxWait) {
    var bulkhead =
        Bulkhead.of(
            "edge",
            BulkheadConfig.custom().maxConcurrentCalls(places).maxWaitDuration(maxWait).build());
    return () ->
        bulkhead.tryAcquirePermission() ? Optional.of(bulkhead::onComplete) : Optional.empty();
  }

  /** Its time limiter bounds the wait for a future, not a call on this thread. */
  @Override
  public Optional<Timeouts.Limited> timeout(Duration limit) {
    return Optional.empty();
  }

  @Override
  public Map<String, Callable<?>> waitingCalls() {
    var bulkhead =
        Bulkhead.of(
            "full", BulkheadConfig.custom().maxConcurrentCalls(1).maxWaitDuration(HOUR).build());
    bulkhead.tryAcquirePermission();
    var retry = Retry.of("later", RetryConfig.custom().waitDuration(HOUR).build());
    var limiter =
        RateLimiter.of(
            "spent",
            RateLimiterConfig.custom()
                .limitForPeriod(1)
                .limitRefreshPeriod(HOUR)
                .timeoutDuration(HOUR)
                .build());
    limiter.acquirePermission();
    var timeLimiter = TimeLimiter.of(HOUR);
    return Map.of(
        "bulkhead",
        () -> bulkhead.executeCallable(() -> "never"),
        "rate limiter",
        () -> limiter.executeCallable(() -> "never"),
        "timeout",
        () -> timeLimiter.executeFutureSupplier(CompletableFuture<String>::new),
        "retry",
        () ->
            retry.executeCallable(
                () -> {
                  throw new IllegalStateException("again");
                }));
  }

  @Override
  public List<Throwable> rejections() {
    var breaker = CircuitBreaker.ofDefaults("open");
    breaker.transitionToOpenState();
    var bulkhead = Bulkhead.of("full", BulkheadConfig.custom().maxConcurrentCalls(1).build());
    bulkhead.tryAcquirePermission();
    var limiter =
        RateLimiter.of(
            "spent",
            RateLimiterConfig.custom()
                .limitForPeriod(1)
                .limitRefreshPeriod(HOUR)
                .timeoutDuration(Duration.ZERO)
                .build());
    limiter.acquirePermission();
    return List.of(
        Rejections.of(() -> breaker.executeCallable(() -> "")),
        Rejections.of(() -> bulkhead.executeCallable(() -> "")),
        Rejections.of(() -> limiter.executeCallable(() -> "")));
  }

  @Override
  public Object usedPolicy() {
    var breaker = CircuitBreaker.ofDefaults("used");
    breaker.tryAcquirePermission();
    breaker.onSuccess(1, TimeUnit.NANOSECONDS);
    return breaker;
  }

  @Override
  public List<Object> policiesWithTimer() {
    var breaker =
        CircuitBreaker.of(
            "open",
            CircuitBreakerConfig.custom()
                .automaticTransitionFromOpenToHalfOpenEnabled(true)
                .build());
    breaker.transitionToOpenState();
    return List.of(breaker);
  }

  @Override
  public Optional<Registry> registry() {
    return Optional.of(registry::circuitBreaker);
  }

  /** The wall clock is the default; it is set back by an hour while the breaker is open. */
  @Override
  public Optional<Outcome> afterClockStep() {
    var clock = new ManualClock();
    var breaker = new TheirBreaker(CircuitBreaker.of("edge", smallWindow(clock).build()), clock);
    breaker.open();
    clock.step(HOUR.negated());
    breaker.pass(Breaker.AFTER_THE_WAIT);
    return Optional.of(Outcome.okIf(breaker.acquire().isPresent()));
  }

  @Override
  public Class<?> codeOfPolicies() {
    return CircuitBreaker.class;
  }

  private record TheirBreaker(CircuitBreaker breaker, ManualClock clock) implements Breaker {
    @Override
    public Optional<Permission> acquire() {
      return breaker.tryAcquirePermission()
          ? Optional.of(new TheirPermission(breaker))
          : Optional.empty();
    }

    @Override
    public <T extends @Nullable Object> T call(Callable<T> callable) throws Exception {
      return breaker.executeCallable(callable);
    }

    @Override
    public State state() {
      return State.valueOf(breaker.getState().name());
    }

    @Override
    public void pass(Duration time) {
      // Its default wait is a minute, where ours is ten seconds.
      clock.pass(time.plus(DEFAULT_WAIT));
    }
  }

  private record TheirPermission(CircuitBreaker breaker) implements Breaker.Permission {
    @Override
    public void success() {
      breaker.onSuccess(1, TimeUnit.NANOSECONDS);
    }

    @Override
    public void failure() {
      breaker.onError(1, TimeUnit.NANOSECONDS, new IllegalStateException("failed"));
    }

    @Override
    public boolean ignore() {
      breaker.releasePermission();
      return true;
    }
  }
}
