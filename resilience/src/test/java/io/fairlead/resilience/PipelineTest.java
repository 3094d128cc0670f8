package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PipelineTest {
  private static final CircuitBreakerSettings BREAKER = CircuitBreakerSettings.defaults();
  private static final RetrySettings TWICE =
      RetrySettings.defaults().withMaxRetries(2).withBudget(Optional.empty()).withJitter(0);

  private final List<Long> slept = new ArrayList<>();
  private final CircuitBreaker breaker = new CircuitBreaker("bank", BREAKER);
  private final Retry retry =
      new Retry("bank", TWICE, new Retry.Source(Ticker.system(), () -> 0, slept::add));

  @Test
  void answerOfTheWorkPassesThroughAllPolicies() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .fallback(Fallback.value("fallback"))
            .deadline(Duration.ofMinutes(1))
            .retry(retry)
            .rateLimit(RateLimitSettings.defaults())
            .circuitBreaker(breaker)
            .bulkhead(BulkheadSettings.defaults())
            .timeout(Duration.ofMinutes(1))
            .build();
    assertThat(pipeline.call(() -> "paid")).isEqualTo("paid");
    assertThat(pipeline.get(() -> "paid")).isEqualTo("paid");
    assertThat(breaker.snapshot().calls()).isEqualTo(2);
    assertThat(pipeline.policies()).hasSize(6);
    assertThat(pipeline.isAtRest()).isFalse(); // The rate limit is partly used.
  }

  @Test
  void breakerInsideTheRetryCountsEveryTryAndOutsideTheCallAsAWhole() {
    Pipeline<String> inside =
        Pipeline.<String>named("bank").retry(retry).circuitBreaker(breaker).build();
    assertFails(inside, ConnectException.class);
    assertThat(breaker.snapshot().failures()).isEqualTo(3);

    var outer = new CircuitBreaker("outer", BREAKER);
    Pipeline<String> outside =
        Pipeline.<String>named("bank").circuitBreaker(outer).retry(retry).build();
    assertFails(outside, ConnectException.class);
    assertThat(outer.snapshot().failures()).isEqualTo(1);
    assertThat(slept).hasSize(4);
  }

  @Test
  void policiesWrittenInAnotherOrderThanTheUsualStandInThatOrder() throws Exception {
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));
    bulkhead.acquire();
    Pipeline<String> bulkheadFirst =
        Pipeline.<String>named("bank").bulkhead(bulkhead).circuitBreaker(breaker).build();
    breaker.transitionTo(CircuitState.FORCED_OPEN);
    assertFails(bulkheadFirst, BulkheadFullException.class);
    Pipeline<String> breakerFirst =
        Pipeline.<String>named("bank").circuitBreaker(breaker).bulkhead(bulkhead).build();
    assertFails(breakerFirst, CircuitOpenException.class);
    assertThat(bulkheadFirst.policies()).containsExactly(bulkhead, breaker);
    assertThat(breakerFirst.policies()).containsExactly(breaker, bulkhead);
  }

  @Test
  void rejectionsAreNotRetriedAndCountForNoBreaker() throws Exception {
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));
    bulkhead.acquire();
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .retry(retry)
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .build();
    assertFails(pipeline, BulkheadFullException.class);
    assertThat(breaker.snapshot().calls()).isZero();
    assertThat(slept).isEmpty();
  }

  @Test
  void resultsCanBeFailuresAndWorthAnotherTry() throws Exception {
    Pipeline<Integer> pipeline =
        Pipeline.<Integer>named("bank")
            .retry(retry)
            .circuitBreaker(breaker)
            .failWhen(status -> status >= 500)
            .retryWhenResult(status -> status == 503)
            .build();
    Iterator<Integer> answers = List.of(503, 200).iterator();
    assertThat(pipeline.call(answers::next)).isEqualTo(200);
    assertThat(breaker.snapshot().failures()).isEqualTo(1);
    assertThat(pipeline.call(() -> 503)).isEqualTo(503);
    assertThat(slept).hasSize(3);
  }

  @Test
  void ignoredExceptionsSayNothingAndOthersCanBeRetried() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .retry(retry)
            .circuitBreaker(breaker)
            .ignoreWhen(IllegalArgumentException.class::isInstance)
            .retryWhen(IllegalStateException.class::isInstance)
            .build();
    assertThatIllegalStateException()
        .isThrownBy(() -> pipeline.call(throwing(new IllegalStateException())));
    assertThatThrownBy(() -> pipeline.call(throwing(new IllegalArgumentException())))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(breaker.snapshot().calls()).isEqualTo(3);
    assertThat(slept).hasSize(2);
  }

  @Test
  void probeWhoseTestThrowsGivesItsPermitBack() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .circuitBreaker(breaker)
            .failWhen(
                answer -> {
                  throw new IllegalStateException("test of the result");
                })
            .ignoreWhen(
                failure -> {
                  throw new IllegalStateException("test of the failure");
                })
            .build();
    breaker.transitionTo(CircuitState.HALF_OPEN);
    for (int i = 0; i < 10; i++) {
      assertThatIllegalStateException()
          .isThrownBy(() -> pipeline.call(() -> "paid"))
          .withMessage("test of the result");
      assertThatThrownBy(() -> pipeline.call(throwing(new IOException("broken"))))
          .hasMessage("broken")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
      assertThatThrownBy(
              () ->
                  pipeline.call(
                      () -> {
                        throw new StackOverflowError();
                      }))
          .isInstanceOf(StackOverflowError.class);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(breaker.tryAcquire()).isNotNegative();
  }

  @Test
  void lateCallIsInterruptedAndCountsAsFailure() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .circuitBreaker(breaker)
            .timeout(Duration.ofMillis(1))
            .build();
    assertThatExceptionOfType(CallTimeoutException.class)
        .isThrownBy(() -> pipeline.call(hanging()))
        .withMessage("timeout bank: the call took longer than PT0.001S")
        .withCauseInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(breaker.snapshot().failures()).isEqualTo(1);
  }

  @Test
  void deadlineFurtherOutCountsAsFailureOfTheBreakerWithin() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .deadline(Duration.ofMillis(1))
            .retry(retry)
            .circuitBreaker(breaker)
            .build();
    assertFails(pipeline, hanging(), CallTimeoutException.class);
    assertThat(breaker.snapshot().failures()).isEqualTo(1);
    assertThat(slept).isEmpty();
  }

  @Test
  void interruptFromOutsideIsNoFailureOfTheCalledSide() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .deadline(Duration.ofMinutes(1))
            .circuitBreaker(breaker)
            .fallback(Fallback.value("fallback"))
            .build();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> pipeline.call(hanging())).isInstanceOf(InterruptedException.class);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> pipeline.get(() -> interruptedGet(pipeline)))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(breaker.snapshot().calls()).isZero();
  }

  private static String interruptedGet(Pipeline<String> pipeline) {
    return pipeline.get(
        () -> {
          try {
            return hanging().call();
          } catch (Exception e) {
            Thread.currentThread().interrupt();
            throw new CancellationException();
          }
        });
  }

  @Test
  void noRetryBeginsThatTheDeadlineWouldNotLetEnd() {
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .deadline(Duration.ofSeconds(30))
            .retry(
                new Retry(
                    "bank",
                    TWICE.withMaxDelay(Duration.ofHours(1)).withInitialDelay(Duration.ofHours(1)),
                    new Retry.Source(Ticker.system(), () -> 0, slept::add)))
            .build();
    assertFails(pipeline, ConnectException.class);
    assertThat(slept).isEmpty();
  }

  @Test
  void innerPipelineKeepsTheDeadlineOfTheOuterOne() throws Exception {
    Pipeline<Deadline> inner =
        Pipeline.<Deadline>named("inner").deadline(Duration.ofHours(1)).build();
    Pipeline<Deadline> outer =
        Pipeline.<Deadline>named("outer").deadline(Duration.ofMinutes(1)).build();
    Deadline seen = outer.call(() -> inner.call(() -> Deadline.current().orElseThrow()));
    assertThat(seen.remainingNanos(Ticker.system()))
        .isLessThanOrEqualTo(Duration.ofMinutes(1).toNanos());
    assertThat(Deadline.current()).isEmpty();
  }

  @Test
  void callPermitAsksAllGuardsAndTellsThemOnce() throws Exception {
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank").bulkhead(bulkhead).circuitBreaker(breaker).build();
    try (CallPermit<String> permit = pipeline.enter()) {
      assertThatThrownBy(pipeline::enter).isInstanceOf(BulkheadFullException.class);
      permit.failure(new IOException("broken"));
      permit.success("too late");
    }
    assertThat(bulkhead.inUse()).isZero();
    assertThat(breaker.snapshot())
        .extracting(s -> s.calls(), s -> s.failures())
        .containsExactly(1L, 1L);
    breaker.transitionTo(CircuitState.FORCED_OPEN);
    assertThatThrownBy(pipeline::enter).isInstanceOf(CircuitOpenException.class);
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void newSettingsKeepWhatThePoliciesKnow() throws Exception {
    ResilienceSettings settings = ResilienceSettings.none().withCircuitBreaker(BREAKER);
    Pipeline<String> pipeline = Pipeline.of("bank", settings);
    assertFails(pipeline, ConnectException.class);
    CircuitBreaker before = pipeline.policy(CircuitBreaker.class).orElseThrow();
    pipeline.reconfigure(
        settings
            .withCircuitBreaker(BREAKER.withMinimumNumberOfCalls(2))
            .withBulkhead(BulkheadSettings.defaults()));
    assertThat(pipeline.policy(CircuitBreaker.class)).containsSame(before);
    assertThat(pipeline.policy(Bulkhead.class)).isPresent();
    assertFails(pipeline, ConnectException.class);
    assertThat(before.state()).isEqualTo(CircuitState.OPEN);
    pipeline.reconfigure(ResilienceSettings.none());
    assertThat(pipeline.call(() -> "unguarded")).isEqualTo("unguarded");
  }

  @Test
  void settingsWithAThreadPoolNeedThePoolOfSomebodyWhoClosesIt() throws Exception {
    ResilienceSettings settings =
        ResilienceSettings.none()
            .withCircuitBreaker(BREAKER)
            .withThreadPool(new ThreadPoolBulkheadSettings(2, 3, Duration.ofSeconds(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Pipeline.of("bank", settings))
        .withMessageStartingWith("threadPool: must not be set for pipeline bank, which was given");
    try (var pool = new ThreadPoolBulkhead("bank", ThreadPoolBulkheadSettings.defaults())) {
      Pipeline<String> pipeline = Pipeline.of("bank", settings, pool);
      assertThat(pool.settings()).isEqualTo(settings.threadPool().orElseThrow());
      assertThat(pipeline.call(() -> Thread.currentThread().getName())).startsWith("bulkhead-bank");
      pipeline.reconfigure(ResilienceSettings.none());
      assertThat(pipeline.call(() -> Thread.currentThread().getName()))
          .isEqualTo(Thread.currentThread().getName());
      pipeline.reconfigure(settings);
      assertThat(pipeline.policy(ThreadPoolBulkhead.class)).containsSame(pool);
    }
  }

  @Test
  void refusedSettingsLeaveThoseInForceAsTheyWere() {
    ResilienceSettings settings = ResilienceSettings.none().withCircuitBreaker(BREAKER);
    Pipeline<String> pipeline = Pipeline.of("bank", settings);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                pipeline.reconfigure(
                    settings
                        .withCircuitBreaker(BREAKER.withMinimumNumberOfCalls(77))
                        .withThreadPool(ThreadPoolBulkheadSettings.defaults())));
    assertThat(pipeline.policy(CircuitBreaker.class).orElseThrow().settings()).isEqualTo(BREAKER);
    // Limits of processes say nothing about calls.
    pipeline.reconfigure(settings.withProcess(ProcessLimits.defaults()));
    assertThat(pipeline.policies()).hasSize(1);
  }

  @Test
  void pipelineWrittenStepByStepIsNotReconfiguredAsAWhole() {
    Pipeline<String> pipeline = Pipeline.<String>named("bank").circuitBreaker(breaker).build();
    assertThatIllegalStateException()
        .isThrownBy(() -> pipeline.reconfigure(ResilienceSettings.none()))
        .withMessage("pipeline bank: was written step by step, so its policies change one by one");
  }

  @Test
  void everyPolicyTellsItsStateInOneLine() {
    Pipeline<String> pipeline = Pipeline.of("bank", ResilienceSettings.defaults());
    assertThat(pipeline.toString()).startsWith("pipeline bank: timeout bank").doesNotContain("\n");
    assertThat(pipeline.policies())
        .allSatisfy(policy -> assertThat(policy.toString()).contains("bank"));
  }

  private static Callable<String> throwing(Exception failure) {
    return () -> {
      throw failure;
    };
  }

  private static Callable<String> hanging() {
    return () -> {
      new CountDownLatch(1).await();
      return "never";
    };
  }

  private static void assertFails(Pipeline<String> pipeline, Class<? extends Exception> type) {
    assertFails(pipeline, throwing(new ConnectException("refused")), type);
  }

  private static void assertFails(
      Pipeline<String> pipeline, Callable<String> work, Class<? extends Exception> type) {
    assertThatThrownBy(() -> pipeline.call(work)).isInstanceOf(type);
  }
}
