package io.fairlead.interop.resilience;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerBuilder;
import dev.failsafe.Failsafe;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Failsafe. It takes no clock; a delay of zero lets an open breaker go on at once, and nothing else
 * in it depends on time.
 */
final class FailsafePeer implements Library {
  private static final Duration HOUR = Duration.ofHours(1);

  @Override
  public String title() {
    return "Failsafe 3.3.2";
  }

  @Override
  public Set<Wish.Hook> hooks() {
    return EnumSet.allOf(Wish.Hook.class);
  }

  @Override
  public Breaker breaker(Wish wish) {
    CircuitBreakerBuilder<Object> builder =
        CircuitBreaker.builder()
            .withFailureThreshold(2, 2)
            .withSuccessThreshold(wish.probes(), wish.probes())
            .withDelay(Duration.ZERO);
    wish.on(Wish.Hook.LISTENER)
        .ifPresent(
            code ->
                builder
                    .onOpen(event -> code.run())
                    .onHalfOpen(event -> code.run())
                    .onClose(event -> code.run()));
    wish.on(Wish.Hook.OUTCOME_LISTENER)
        .ifPresent(code -> builder.onSuccess(event -> code.run()).onFailure(event -> code.run()));
    wish.on(Wish.Hook.EXCEPTION_CLASSIFIER)
        .ifPresent(code -> builder.handleIf(failure -> ran(code)));
    wish.on(Wish.Hook.RESULT_CLASSIFIER)
        .ifPresent(code -> builder.handleResultIf(result -> ran(code)));
    wish.on(Wish.Hook.WAIT_FUNCTION)
        .ifPresent(
            code ->
                builder.withDelayFn(
                    context -> {
                      code.run();
                      return Duration.ZERO;
                    }));
    return new TheirBreaker(builder.build());
  }

  private static boolean ran(Runnable code) {
    code.run();
    return true;
  }

  /** All defaults but the delay, a minute, which no test can wait for. */
  @Override
  public Breaker defaultBreaker() {
    return new TheirBreaker(CircuitBreaker.builder().withDelay(Duration.ZERO).build());
  }

  @Override
  public Entrance bulkhead(int places, Duration maxWait) {
    var bulkhead = Bulkhead.of(places);
    return () ->
        bulkhead.tryAcquirePermit(maxWait)
            ? Optional.of(bulkhead::releasePermit)
            : Optional.empty();
  }

  @Override
  public Optional<Timeouts.Limited> timeout(Duration limit) {
    var timeout = Timeout.of(limit);
    return Optional.of(callable -> Failsafe.with(timeout).get(callable::call));
  }

  @Override
  public Map<String, Callable<?>> waitingCalls() {
    var bulkhead = Bulkhead.builder(1).withMaxWaitTime(HOUR).build();
    bulkhead.tryAcquirePermit();
    var retry = RetryPolicy.builder().withDelay(HOUR).build();
    var limiter = RateLimiter.burstyBuilder(1, HOUR).withMaxWaitTime(HOUR).build();
    limiter.tryAcquirePermit();
    return Map.of(
        "bulkhead",
        () -> Failsafe.with(bulkhead).get(() -> "never"),
        "rate limiter",
        () -> Failsafe.with(limiter).get(() -> "never"),
        "timeout",
        () -> Failsafe.with(Timeout.of(HOUR)).get(new CompletableFuture<String>()::get),
        "retry",
        () ->
            Failsafe.with(retry)
                .get(
                    () -> {
                      throw new IllegalStateException("again");
                    }));
  }

  @Override
  public List<Throwable> rejections() {
    var breaker = CircuitBreaker.ofDefaults();
    breaker.open();
    var bulkhead = Bulkhead.of(1);
    bulkhead.tryAcquirePermit();
    var limiter = RateLimiter.burstyBuilder(1, HOUR).build();
    limiter.tryAcquirePermit();
    return List.of(
        Rejections.of(() -> Failsafe.with(breaker).get(() -> "")),
        Rejections.of(() -> Failsafe.with(bulkhead).get(() -> "")),
        Rejections.of(() -> Failsafe.with(limiter).get(() -> "")));
  }

  @Override
  public Object usedPolicy() {
    var breaker = CircuitBreaker.ofDefaults();
    Failsafe.with(breaker).get(() -> "");
    return breaker;
  }

  /** Its breaker needs no timer; a timeout does, for as long as the call takes. */
  @Override
  public List<Object> policiesWithTimer() {
    var timeout = Timeout.of(HOUR);
    Failsafe.with(timeout).get(() -> "");
    return List.of(timeout);
  }

  @Override
  public Optional<Registry> registry() {
    return Optional.empty();
  }

  @Override
  public Optional<Outcome> afterClockStep() {
    return Optional.empty();
  }

  @Override
  public Class<?> codeOfPolicies() {
    return CircuitBreaker.class;
  }

  private record TheirBreaker(CircuitBreaker<Object> breaker) implements Breaker {
    private static final Duration LONG_FOR_NO_DELAY = Duration.ofMillis(100);

    @Override
    public Optional<Permission> acquire() {
      return breaker.tryAcquirePermit()
          ? Optional.of(new TheirPermission(breaker))
          : Optional.empty();
    }

    /** What the call itself throws comes out as it was, and not within an exception of theirs. */
    @Override
    @SuppressWarnings("unchecked")
    public <T extends @Nullable Object> T call(Callable<T> callable) throws Exception {
      return (T) Failsafe.with(breaker).get(callable::call);
    }

    @Override
    public State state() {
      return State.valueOf(breaker.getState().name());
    }

    @Override
    public void pass(Duration time) {
      if (time.compareTo(Breaker.AFTER_THE_WAIT) > 0) {
        long end = System.nanoTime() + LONG_FOR_NO_DELAY.toNanos();
        while (System.nanoTime() - end < 0) {
          LockSupport.parkNanos(end - System.nanoTime());
        }
      }
    }
  }

  private record TheirPermission(CircuitBreaker<Object> breaker) implements Breaker.Permission {
    @Override
    public void success() {
      breaker.recordSuccess();
    }

    @Override
    public void failure() {
      breaker.recordFailure();
    }

    @Override
    public boolean ignore() {
      return false;
    }
  }
}
