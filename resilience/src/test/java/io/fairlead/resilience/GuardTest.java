package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What mutants of the step around every try showed that nothing asked for. */
class GuardTest {
  private static final CircuitBreakerSettings ONE_PROBE =
      CircuitBreakerSettings.defaults().withPermittedNumberOfCallsInHalfOpen(1);

  private final ManualTicker ticker = new ManualTicker();
  private final CircuitBreaker breaker =
      new CircuitBreaker("bank", ONE_PROBE, ticker, PolicyEvents.none());
  private final Bulkhead bulkhead =
      new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));
  private final Pipeline<String> pipeline =
      Pipeline.<String>named("bank").circuitBreaker(breaker).bulkhead(bulkhead).build();

  @Test
  void callThatThrowsGivesItsPlaceBackAndOneThatReturnsToo() throws Exception {
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                pipeline.call(
                    () -> {
                      assertThat(bulkhead.inUse()).isEqualTo(1);
                      throw new IllegalStateException("broken");
                    }));
    assertThat(bulkhead.inUse()).isZero();
    assertThat(pipeline.call(() -> "paid")).isEqualTo("paid");
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void probeThatFindsNoPlaceIsFreeForTheNextCall() throws Exception {
    breaker.transitionTo(CircuitState.HALF_OPEN);
    long place = bulkhead.tryAcquire();
    assertThatExceptionOfType(BulkheadFullException.class).isThrownBy(pipeline::enter);
    assertThatExceptionOfType(BulkheadFullException.class)
        .isThrownBy(() -> pipeline.call(() -> "no place"));
    bulkhead.release(place);
    assertThat(pipeline.call(() -> "paid")).isEqualTo("paid");
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void placeOfNumberZeroIsAPlace() throws Exception {
    assertThat(pipeline.call(() -> "paid")).isEqualTo("paid");
    assertThat(pipeline.enter()).isNotNull();
    assertThat(bulkhead.inUse()).isEqualTo(1);
  }

  @Test
  void callsAreMeasuredFromTheirBeginToTheirEnd() throws Exception {
    ticker.advance(Duration.ofSeconds(100));
    Duration slow = ONE_PROBE.slowCallDurationThreshold();
    pipeline.call(() -> answerAfter(slow));
    assertThat(breaker.snapshot().slowCalls()).isZero();
    pipeline.call(() -> answerAfter(slow.plusNanos(1)));
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(1);
    assertThatIllegalStateException().isThrownBy(() -> pipeline.call(() -> failAfter(slow)));
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(1);
    assertThatIllegalStateException()
        .isThrownBy(() -> pipeline.call(() -> failAfter(slow.plusNanos(1))));
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(2);
    var work = new CompletableFuture<String>();
    CompletionStage<String> stage = pipeline.callAsync(() -> work);
    ticker.advance(slow.plusNanos(1));
    work.complete("late");
    assertThat(stage).isCompletedWithValue("late");
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(3);
  }

  private String answerAfter(Duration time) {
    ticker.advance(time);
    return "paid";
  }

  private String failAfter(Duration time) {
    ticker.advance(time);
    throw new IllegalStateException("broken");
  }

  @Test
  void permitAsksTheGuardsBelowEveryOtherStepAndClosingItTellsNothing() {
    Pipeline<String> deep =
        Pipeline.<String>named("bank")
            .fallback(Fallback.value("pending"))
            .deadline(Duration.ofMinutes(1))
            .retry(RetrySettings.defaults())
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .build();
    try (CallPermit<String> permit = deep.enter()) {
      assertThat(permit).isNotNull();
      assertThat(bulkhead.inUse()).isEqualTo(1);
    }
    assertThat(bulkhead.inUse()).isZero();
    assertThat(breaker.snapshot().calls()).isZero();
    CallPermit<String> permit = deep.enter();
    permit.success();
    permit.success();
    permit.close();
    assertThat(bulkhead.inUse()).isZero();
    assertThat(breaker.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void fallbackKnowsTheGoodAnswersOfStages() {
    Pipeline<String> keeping =
        Pipeline.<String>named("bank").fallback(Fallback.lastGood(Duration.ofDays(1))).build();
    assertThat(keeping.callAsync(() -> CompletableFuture.completedFuture("good")))
        .isCompletedWithValue("good");
    assertThat(
            keeping.callAsync(
                () -> CompletableFuture.failedFuture(new IllegalStateException("broken"))))
        .isCompletedWithValue("good");
  }

  @Test
  void bulkheadIsNotAtRestWhileACallRuns() {
    assertThat(bulkhead.isAtRest()).isTrue();
    long place = bulkhead.tryAcquire();
    assertThat(bulkhead.isAtRest()).isFalse();
    bulkhead.release(place);
    assertThat(bulkhead.isAtRest()).isTrue();
    assertThat(bulkhead.settings().maxConcurrentCalls()).isEqualTo(1);
  }
}
