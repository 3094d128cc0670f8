package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the code of the caller does wrong, every permit goes back and every stage ends. */
@Timeout(60)
class PipelineFaultsTest {
  private static final RetrySettings AT_ONCE =
      RetrySettings.defaults()
          .withMaxRetries(2)
          .withInitialDelay(Duration.ZERO)
          .withBudget(Optional.empty());
  private static final CircuitBreakerSettings ONE_PROBE =
      CircuitBreakerSettings.defaults().withPermittedNumberOfCallsInHalfOpen(1);

  private final CircuitBreaker breaker = new CircuitBreaker("bank", ONE_PROBE);
  private final Bulkhead bulkhead =
      new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));

  @Test
  void workThatGivesNoStageFailsTheStageAndHoldsNoPlace() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .timeout(Duration.ofMinutes(1))
            .build();
    CompletionStage<String> stage = pipeline.callAsync(noStage());
    assertThatThrownBy(() -> get(stage))
        .hasCauseInstanceOf(NullPointerException.class)
        .hasMessageContaining("the supplier gave no stage");
    assertThat(bulkhead.inUse()).isZero();
  }

  @SuppressWarnings("NullAway")
  private static Supplier<CompletionStage<String>> noStage() {
    return () -> null;
  }

  @Test
  void stageThatRefusesToBeWatchedHoldsNoPlace() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank").circuitBreaker(breaker).bulkhead(bulkhead).build();
    CompletionStage<String> stage = pipeline.callAsync(UnwatchableStage::new);
    assertThatThrownBy(() -> get(stage)).hasCauseInstanceOf(IllegalStateException.class);
    assertThat(bulkhead.inUse()).isZero();
  }

  private static final class UnwatchableStage extends CompletableFuture<String> {
    @Override
    public CompletableFuture<String> whenComplete(
        java.util.function.BiConsumer<? super String, ? super Throwable> action) {
      throw new IllegalStateException("not watched");
    }
  }

  @Test
  void testThatThrowsTheFailureItWasAskedAboutGivesTheProbeBack() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .retry(new Retry("bank", AT_ONCE))
            .circuitBreaker(breaker)
            .ignoreWhen(PipelineFaultsTest::rethrow)
            .retryWhen(PipelineFaultsTest::rethrow)
            .build();
    breaker.transitionTo(CircuitState.HALF_OPEN);
    var failure = new IllegalStateException("broken");
    assertThatThrownBy(
            () ->
                pipeline.call(
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThatThrownBy(() -> get(pipeline.callAsync(() -> CompletableFuture.failedFuture(failure))))
        .hasCause(failure);
    assertThat(pipeline.call(() -> "paid")).isEqualTo("paid");
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  private static boolean rethrow(Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    return false;
  }

  @Test
  void testThatThrowsAnErrorEndsTheStageWithTheFailureItWasAskedAbout() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .retry(new Retry("bank", AT_ONCE))
            .retryWhen(
                failure -> {
                  throw new AssertionError("no such class");
                })
            .build();
    var failure = new ConnectException();
    assertThatThrownBy(() -> get(pipeline.callAsync(() -> CompletableFuture.failedFuture(failure))))
        .hasCause(failure);
    assertThat(failure.getSuppressed()).singleElement().isInstanceOf(AssertionError.class);
  }

  @Test
  void chanceThatThrowsEndsTheStage() {
    var retry =
        new Retry(
            "bank",
            AT_ONCE.withInitialDelay(Duration.ofMillis(1)),
            new Retry.Source(
                Ticker.system(),
                () -> {
                  throw new StackOverflowError();
                },
                Sleeper.system()));
    Pipeline<String> pipeline = Pipeline.<String>named("bank").retry(retry).build();
    assertThatThrownBy(
            () ->
                get(
                    pipeline.callAsync(
                        () -> CompletableFuture.failedFuture(new ConnectException()))))
        .hasCauseInstanceOf(ConnectException.class);
  }

  @Test
  void permitWhoseTestThrowsGivesBackEveryPlace() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .circuitBreaker(breaker)
            .retry(new Retry("bank", AT_ONCE))
            .bulkhead(bulkhead)
            .failWhen(
                result -> {
                  throw new IllegalStateException("no test");
                })
            .build();
    CallPermit<String> permit = pipeline.enter();
    assertThat(bulkhead.inUse()).isEqualTo(1);
    assertThatThrownBy(() -> permit.success("paid")).hasMessage("no test");
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void clockThatThrowsWhileACallEntersGivesBackWhatItHas() {
    var broken =
        new RateLimiter("bank", RateLimitSettings.defaults(), new BrokenTicker(Ticker.system(), 1));
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank").bulkhead(bulkhead).rateLimit(broken).build();
    assertThatThrownBy(pipeline::enter).hasMessage("no time");
    assertThat(bulkhead.inUse()).isZero();
  }

  /** Works so many times. */
  private record BrokenTicker(Ticker ticker, AtomicInteger left) implements Ticker {
    BrokenTicker(Ticker ticker, int times) {
      this(ticker, new AtomicInteger(times));
    }

    @Override
    public long nanos() {
      if (left.decrementAndGet() < 0) {
        throw new IllegalStateException("no time");
      }
      return ticker.nanos();
    }
  }

  @Test
  void retryThatTheDeadlineForbidsTakesNothingFromTheBudget() {
    var budget = new RetryBudget(RetryBudgetSettings.defaults(), new ManualTicker());
    var retry =
        new Retry(
            "bank", AT_ONCE.withInitialDelay(Duration.ofSeconds(5)), Retry.Source.system(), budget);
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank").deadline(Duration.ofSeconds(1)).retry(retry).build();
    assertThatThrownBy(
            () ->
                pipeline.call(
                    () -> {
                      throw new ConnectException();
                    }))
        .isInstanceOf(ConnectException.class);
    assertThatThrownBy(
            () ->
                get(
                    pipeline.callAsync(
                        () -> CompletableFuture.failedFuture(new ConnectException()))))
        .hasCauseInstanceOf(ConnectException.class);
    assertThat(retry.retries()).isZero();
    assertThat(budget).hasToString("retry budget: 0 retries of 2 requests in 10 s, 0 refused");
  }

  @Test
  void tryThatBlocksHoldsUpNoTimerOfOthers() throws Exception {
    Pipeline<String> blocking =
        Pipeline.<String>named("shop").retry(new Retry("shop", AT_ONCE)).build();
    var release = new CountDownLatch(1);
    var tries = new AtomicInteger();
    CompletionStage<String> blocked =
        blocking.callAsync(
            () -> {
              if (tries.incrementAndGet() > 1) {
                awaitUninterrupted(release);
                return CompletableFuture.completedFuture("late");
              }
              return CompletableFuture.failedFuture(new ConnectException());
            });
    Pipeline<String> other = Pipeline.<String>named("bank").timeout(Duration.ofMillis(10)).build();
    assertThatThrownBy(() -> get(other.callAsync(CompletableFuture::new)))
        .hasCauseInstanceOf(CallTimeoutException.class);
    release.countDown();
    assertThat(get(blocked)).isEqualTo("late");
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void cancelledCallLeavesThePoolAndItsWorkIsCancelled() throws Exception {
    try (var pool = new ThreadPoolBulkhead("bank", ThreadPoolBulkheadSettings.defaults())) {
      Pipeline<String> pipeline = Pipeline.<String>named("bank").threadPool(pool).build();
      var begun = new CountDownLatch(1);
      var work = new CompletableFuture<String>();
      CompletableFuture<String> stage =
          pipeline
              .callAsync(
                  () -> {
                    begun.countDown();
                    return work;
                  })
              .toCompletableFuture();
      begun.await();
      stage.cancel(true);
      assertThatThrownBy(() -> work.get(30, TimeUnit.SECONDS))
          .isInstanceOf(java.util.concurrent.CancellationException.class);
    }
  }

  private static String get(CompletionStage<String> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
