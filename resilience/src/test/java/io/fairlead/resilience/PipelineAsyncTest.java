package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PipelineAsyncTest {
  private static final RetrySettings AT_ONCE =
      RetrySettings.defaults()
          .withMaxRetries(2)
          .withInitialDelay(Duration.ZERO)
          .withBudget(Optional.empty());

  private final CircuitBreaker breaker =
      new CircuitBreaker("bank", CircuitBreakerSettings.defaults());
  private final Bulkhead bulkhead =
      new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));

  @Test
  void stageHoldsItsPlaceUntilItEnds() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank").circuitBreaker(breaker).bulkhead(bulkhead).build();
    var work = new CompletableFuture<String>();
    CompletionStage<String> first = pipeline.callAsync(() -> work);
    assertThat(bulkhead.inUse()).isEqualTo(1);
    assertThatThrownBy(() -> get(pipeline.callAsync(() -> work)))
        .hasCauseInstanceOf(BulkheadFullException.class);
    work.complete("paid");
    assertThat(get(first)).isEqualTo("paid");
    assertThat(bulkhead.inUse()).isZero();
    assertThat(breaker.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void failedStagesAreTriedAgain() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .retry(new Retry("bank", AT_ONCE))
            .circuitBreaker(breaker)
            .build();
    Iterator<CompletionStage<String>> stages =
        List.<CompletionStage<String>>of(
                CompletableFuture.failedFuture(new ConnectException()),
                CompletableFuture.completedFuture("paid"))
            .iterator();
    assertThat(get(pipeline.callAsync(stages::next))).isEqualTo("paid");
    assertThat(breaker.snapshot().failures()).isEqualTo(1);
  }

  @Test
  void triesEndAndTheLastFailureComesOut() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .retry(new Retry("bank", AT_ONCE))
            .circuitBreaker(breaker)
            .build();
    assertThatThrownBy(() -> get(pipeline.callAsync(failing(new ConnectException("refused")))))
        .hasCauseInstanceOf(ConnectException.class);
    assertThat(breaker.snapshot().failures()).isEqualTo(3);
  }

  @Test
  void workThatThrowsInsteadOfGivingAStageFailsTheStage() {
    Pipeline<String> pipeline = Pipeline.<String>named("bank").bulkhead(bulkhead).build();
    CompletionStage<String> stage =
        pipeline.callAsync(
            () -> {
              throw new StackOverflowError();
            });
    assertThatThrownBy(() -> get(stage)).hasCauseInstanceOf(StackOverflowError.class);
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void lateStageFailsAndItsWorkIsCancelled() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .timeout(Duration.ofMillis(1))
            .build();
    var work = new CompletableFuture<String>();
    assertThatThrownBy(() -> get(pipeline.callAsync(() -> work)))
        .hasCauseInstanceOf(CallTimeoutException.class);
    // The caller hears of it first, then the work and the policies within.
    await().until(() -> breaker.snapshot().failures() == 1);
    assertThat(work).isCancelled();
    await().until(bulkhead::isAtRest);
  }

  @Test
  void deadlineFurtherOutCountsAsFailureOfTheBreakerWithin() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .deadline(Duration.ofMillis(1))
            .retry(new Retry("bank", AT_ONCE))
            .circuitBreaker(breaker)
            .build();
    var work = new CompletableFuture<String>();
    assertThatThrownBy(() -> get(pipeline.callAsync(() -> work)))
        .hasCauseInstanceOf(CallTimeoutException.class);
    await().until(() -> breaker.snapshot().failures() == 1);
    assertThat(work).isCancelled();
  }

  @Test
  void cancellingTheStageCancelsTheWorkAndCountsForNobody() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .fallback(Fallback.value("fallback"))
            .retry(new Retry("bank", AT_ONCE))
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .timeout(Duration.ofMinutes(1))
            .build();
    var work = new CompletableFuture<String>();
    CompletableFuture<String> stage = pipeline.callAsync(() -> work).toCompletableFuture();
    assertThat(stage.cancel(true)).isTrue();
    assertThat(work).isCancelled();
    assertThatThrownBy(stage::join).isInstanceOf(CancellationException.class);
    assertThat(breaker.snapshot().calls()).isZero();
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void fallbackAnswersForAFailedStage() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank").fallback(Fallback.value("pending")).build();
    assertThat(get(pipeline.callAsync(failing(new IOException("broken"))))).isEqualTo("pending");
    Pipeline<String> plain = Pipeline.<String>named("bank").build();
    assertThat(get(plain.callAsync(failing(new IOException()), Fallback.value("once"))))
        .isEqualTo("once");
  }

  @Test
  void threadPoolMakesTheWorkAndHedgeTakesTheFirstAnswer() throws Exception {
    try (var pool = new ThreadPoolBulkhead("bank", ThreadPoolBulkheadSettings.defaults())) {
      Pipeline<String> pipeline = Pipeline.<String>named("bank").threadPool(pool).build();
      assertThat(pipeline.call(() -> Thread.currentThread().getName())).startsWith("bulkhead-bank");
      assertThat(
              get(
                  pipeline.callAsync(
                      () -> CompletableFuture.completedFuture(Thread.currentThread().getName()))))
          .startsWith("bulkhead-bank");
    }
    Pipeline<String> hedged =
        Pipeline.<String>named("bank")
            .hedge(new Hedge("bank", HedgeSettings.defaults().withDelay(Duration.ofMillis(1))))
            .build();
    Iterator<CompletableFuture<String>> stages =
        List.of(new CompletableFuture<String>(), CompletableFuture.completedFuture("second"))
            .iterator();
    assertThat(get(hedged.callAsync(stages::next))).isEqualTo("second");
  }

  private static Supplier<CompletionStage<String>> failing(Exception failure) {
    return () -> CompletableFuture.failedFuture(failure);
  }

  private static String get(CompletionStage<String> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
