package io.fairlead.interop.resilience;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.RateLimiter;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.Timeout;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Ours. */
final class Fairlead implements Library {
  private static final Duration HOUR = Duration.ofHours(1);

  private final PerKey<String, CircuitBreaker> perKey =
      new PerKey<>(
          1_000,
          key -> new CircuitBreaker(key, CircuitBreakerSettings.defaults()),
          new CircuitBreaker("overflow", CircuitBreakerSettings.defaults()));

  @Override
  public String title() {
    return "Fairlead";
  }

  @Override
  public Set<Wish.Hook> hooks() {
    return Set.of(Wish.Hook.LISTENER, Wish.Hook.EXCEPTION_CLASSIFIER, Wish.Hook.RESULT_CLASSIFIER);
  }

  @Override
  public Breaker breaker(Wish wish) {
    var settings =
        CircuitBreakerSettings.defaults()
            .withSlidingWindowSize(2)
            .withMinimumNumberOfCalls(2)
            .withFailureRateThreshold(100)
            .withPermittedNumberOfCallsInHalfOpen(wish.probes());
    PolicyEvents events =
        wish.on(Wish.Hook.LISTENER).map(Fairlead::readBy).orElseGet(PolicyEvents::none);
    return of(settings, events, wish);
  }

  /** Short enough that a reader that does not come back has it full at once. */
  private static PolicyEvents readBy(Runnable code) {
    var events = new PolicyEvents(4);
    events.subscribe(event -> code.run());
    return events;
  }

  @Override
  public Breaker defaultBreaker() {
    return of(CircuitBreakerSettings.defaults(), PolicyEvents.none(), Wish.probes(3));
  }

  /** Classifiers belong to the pipeline that a breaker stands in. */
  private static Breaker of(CircuitBreakerSettings settings, PolicyEvents events, Wish wish) {
    var clock = new ManualClock();
    var breaker = new CircuitBreaker("edge", settings, clock::nanos, events);
    var pipeline = Pipeline.<@Nullable Object>named("edge").circuitBreaker(breaker);
    wish.on(Wish.Hook.EXCEPTION_CLASSIFIER)
        .ifPresent(code -> pipeline.ignoreWhen(failure -> ranAndSaysNo(code)));
    wish.on(Wish.Hook.RESULT_CLASSIFIER)
        .ifPresent(code -> pipeline.failWhen(result -> ranAndSaysNo(code)));
    return new OurBreaker(breaker, pipeline.build(), clock);
  }

  private static boolean ranAndSaysNo(Runnable code) {
    code.run();
    return false;
  }

  @Override
  public Entrance bulkhead(int places, Duration maxWait) {
    var bulkhead =
        new Bulkhead(
            "edge",
            BulkheadSettings.defaults().withMaxConcurrentCalls(places).withMaxWait(maxWait));
    return () -> {
      long permit = bulkhead.acquire();
      return permit < 0 ? Optional.empty() : Optional.of(() -> bulkhead.release(permit));
    };
  }

  @Override
  public Optional<Timeouts.Limited> timeout(Duration limit) {
    return Optional.of(new Timeout("edge", limit)::call);
  }

  @Override
  public Map<String, Callable<?>> waitingCalls() {
    var full =
        new Bulkhead(
            "full", BulkheadSettings.defaults().withMaxConcurrentCalls(1).withMaxWait(HOUR));
    full.tryAcquire();
    var later =
        new Retry("later", RetrySettings.defaults().withMaxDelay(HOUR).withInitialDelay(HOUR));
    var limiter = new RateLimiter("spent", new RateLimitSettings(1, HOUR));
    limiter.tryAcquire();
    var timeout = new Timeout("late", HOUR);
    return Map.of(
        "bulkhead",
        () -> full.call(() -> "never"),
        "rate limiter",
        () -> limiter.call(HOUR, () -> "never"),
        "timeout",
        () -> timeout.call(new CompletableFuture<String>()::get),
        "retry",
        () ->
            later.call(
                () -> {
                  throw new ConnectException("refused");
                }));
  }

  @Override
  public List<Throwable> rejections() {
    var breaker = new CircuitBreaker("open", CircuitBreakerSettings.defaults());
    breaker.transitionTo(CircuitState.OPEN);
    var bulkhead = new Bulkhead("full", BulkheadSettings.defaults().withMaxConcurrentCalls(1));
    bulkhead.tryAcquire();
    var limiter = new RateLimiter("spent", new RateLimitSettings(1, HOUR));
    limiter.tryAcquire();
    return List.of(
        Rejections.of(() -> breaker.call(() -> "")),
        Rejections.of(() -> bulkhead.call(() -> "")),
        Rejections.of(() -> limiter.call(() -> "")));
  }

  @Override
  public Object usedPolicy() {
    var breaker = new CircuitBreaker("used", CircuitBreakerSettings.defaults());
    breaker.success(breaker.tryAcquire(), 1);
    return breaker;
  }

  /** An open breaker goes to HALF_OPEN on the next call, so only a timeout needs a clock. */
  @Override
  public List<Object> policiesWithTimer() throws Exception {
    var breaker = new CircuitBreaker("open", CircuitBreakerSettings.defaults());
    breaker.transitionTo(CircuitState.OPEN);
    var timeout = new Timeout("used", HOUR);
    timeout.call(() -> "");
    return List.of(breaker, timeout);
  }

  @Override
  public Optional<Registry> registry() {
    return Optional.of(perKey::get);
  }

  @Override
  public Optional<Outcome> afterClockStep() {
    return Optional.empty();
  }

  @Override
  public Class<?> codeOfPolicies() {
    return CircuitBreaker.class;
  }

  private record OurBreaker(
      CircuitBreaker breaker, Pipeline<@Nullable Object> pipeline, ManualClock clock)
      implements Breaker {
    @Override
    public Optional<Permission> acquire() {
      long permit = breaker.tryAcquire();
      return permit < 0 ? Optional.empty() : Optional.of(new OurPermission(breaker, permit));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends @Nullable Object> T call(Callable<T> callable) throws Exception {
      return (T) pipeline.call(callable);
    }

    @Override
    public State state() {
      return State.valueOf(breaker.state().name());
    }

    @Override
    public void pass(Duration time) {
      clock.pass(time);
    }
  }

  private record OurPermission(CircuitBreaker breaker, long permit) implements Breaker.Permission {
    @Override
    public void success() {
      breaker.success(permit, 1);
    }

    @Override
    public void failure() {
      breaker.failure(permit, 1);
    }

    @Override
    public boolean ignore() {
      breaker.ignore(permit);
      return true;
    }
  }
}
