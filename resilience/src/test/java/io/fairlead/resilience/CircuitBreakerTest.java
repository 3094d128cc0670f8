package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final long FAST = 1_000_000;
  private static final long SLOW = 2_000_000_001L;
  private static final CircuitBreakerSettings DEFAULTS = CircuitBreakerSettings.defaults();
  private static final CircuitBreakerSettings TEN_SECONDS =
      DEFAULTS.withSlidingWindowType(SlidingWindowType.TIME_BASED).withSlidingWindowSize(10);

  private final ManualTicker ticker = new ManualTicker();
  private final PolicyEvents events = new PolicyEvents(100);
  private final CircuitBreaker breaker = breaker(DEFAULTS);

  @Test
  void nineFailuresAreTooFewToOpenAndTheTenthOpens() {
    fail(9);
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    fail(1);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void theSuccessThatReachesTheMinimumOpensWhenEnoughFailedBefore() {
    fail(5);
    succeed(4);
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    succeed(1);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void justBelowHalfOfTheLastHundredStaysClosedAndHalfOpens() {
    succeed(100);
    fail(49);
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    fail(1);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void onlySlowCallsOpenByTheSlowCallRule() {
    for (int i = 0; i < 9; i++) {
      breaker.success(breaker.tryAcquire(), SLOW);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    breaker.success(breaker.tryAcquire(), SLOW);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void callOfExactlyTheThresholdIsNotSlow() {
    breaker.success(breaker.tryAcquire(), 2_000_000_000L);
    assertThat(breaker.snapshot().slowCalls()).isZero();
  }

  @Test
  void openCircuitRejectsWithoutCallingUntilTheWaitIsOver() throws Exception {
    fail(10);
    ticker.advance(Duration.ofSeconds(10).minusNanos(1));
    assertThatThrownBy(() -> breaker.call(() -> fail("called")))
        .isInstanceOf(CircuitOpenException.class)
        .hasMessage("circuit breaker bank does not permit calls");
    assertThat(breaker.remainingOpenNanos()).isEqualTo(1);
    ticker.advanceNanos(1);
    assertThat(breaker.<String>call(() -> "back")).isEqualTo("back");
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(breaker.snapshot().rejectedCalls()).isEqualTo(1);
  }

  @Test
  void halfOpenAdmitsExactlyThreeProbesAndClosesWhenTwoOfThemSucceed() {
    long[] probes = probes();
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.success(probes[0], FAST);
    breaker.failure(probes[1], FAST);
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    breaker.success(probes[2], FAST);
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void halfOpenOpensAgainForTheWholeWaitWhenTwoOfThreeProbesFail() {
    long[] probes = probes();
    breaker.failure(probes[0], FAST);
    breaker.failure(probes[1], FAST);
    breaker.success(probes[2], FAST);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(breaker.remainingOpenNanos()).isEqualTo(10_000_000_000L);
    assertThat(breaker.snapshot().timesOpened()).isEqualTo(2);
  }

  @Test
  void lateSuccessesOfTheClosedTimeDoNotCloseHalfOpen() {
    long[] late = {breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()};
    probes();
    for (long permit : late) {
      breaker.success(permit, FAST);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(breaker.snapshot().calls()).isZero();
  }

  @Test
  void staleAndIgnoredOutcomesAdmitNoMoreProbesThanPermitted() {
    long late = breaker.tryAcquire();
    long[] probes = probes();
    breaker.ignore(late);
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.ignore(probes[0]);
    breaker.ignore(probes[0]);
    long again = breaker.tryAcquire();
    assertThat(again).isNotNegative().isNotEqualTo(probes[0]);
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.success(probes[0], FAST);
    assertThat(breaker.snapshot().calls()).isZero();
  }

  @Test
  void oneProbeToldThreeTimesCountsOnce() {
    long[] probes = probes();
    breaker.success(probes[0], FAST);
    breaker.success(probes[0], FAST);
    breaker.failure(probes[0], FAST);
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(breaker.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void abandonedProbesCountAsFailedAfterTheirTime() {
    probes();
    ticker.advance(Duration.ofMinutes(1));
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    ticker.advanceNanos(1);
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void oneAbandonedProbeOfThreeDoesNotKeepTheOthersFromClosing() {
    long[] probes = probes();
    breaker.success(probes[0], FAST);
    breaker.success(probes[1], FAST);
    ticker.advance(Duration.ofMinutes(2));
    assertThat(breaker.tryAcquire()).isNotNegative();
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void probeThatThrowsAnErrorGivesItsPermitBack() {
    fail(10);
    ticker.advance(Duration.ofSeconds(10));
    Callable<String> broken =
        () -> {
          throw new StackOverflowError();
        };
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> breaker.call(broken)).isInstanceOf(StackOverflowError.class);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(breaker.snapshot().failures()).isEqualTo(3);
  }

  @Test
  void interruptedCallAndCallRejectedByAnotherPolicySayNothing() {
    fail(10);
    ticker.advance(Duration.ofSeconds(10));
    var full = new BulkheadFullException("bank");
    for (int i = 0; i < 10; i++) {
      assertThatThrownBy(
              () ->
                  breaker.call(
                      () -> {
                        throw new InterruptedException();
                      }))
          .isInstanceOf(InterruptedException.class);
      assertThatThrownBy(
              () ->
                  breaker.call(
                      () -> {
                        throw full;
                      }))
          .isSameAs(full);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(breaker.snapshot().calls()).isZero();
  }

  @Test
  void callMeasuresItsTimeByTheTicker() throws Exception {
    breaker.call(
        () -> {
          ticker.advanceNanos(SLOW);
          return "slow";
        });
    assertThatThrownBy(
            () ->
                breaker.call(
                    () -> {
                      ticker.advanceNanos(SLOW);
                      throw new IOException("slow and failed");
                    }))
        .isInstanceOf(IOException.class);
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    assertThat(snapshot.slowCalls()).isEqualTo(2);
    assertThat(snapshot.failures()).isEqualTo(1);
    assertThat(snapshot.failureRate()).isEqualTo(50);
    assertThat(snapshot.slowCallRate()).isEqualTo(100);
  }

  @Test
  void rejectionHasNoStackTraceAndIsShared() {
    fail(10);
    Throwable first = catchRejection();
    assertThat(first.getStackTrace()).isEmpty();
    assertThat(catchRejection()).isSameAs(first);
    assertThat(((RejectedCallException) first).reason()).isEqualTo("circuit-open");
  }

  @Test
  void rejectedPermitIsNotAnOutcome() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> breaker.success(CircuitBreaker.REJECTED, FAST))
        .withMessage("permit: the call was not permitted, was -1");
  }

  @Test
  void everyTransitionIsAnEventInOrder() {
    for (long probe : probes()) {
      breaker.success(probe, FAST);
    }
    List<PolicyEvent> told = new ArrayList<>();
    for (PolicyEvent next = events.poll(); next != null; next = events.poll()) {
      told.add(next);
    }
    assertThat(told)
        .containsExactly(
            new CircuitTransition("bank", CircuitState.CLOSED, CircuitState.OPEN, 1),
            new CircuitTransition("bank", CircuitState.OPEN, CircuitState.HALF_OPEN, 2),
            new CircuitTransition("bank", CircuitState.HALF_OPEN, CircuitState.CLOSED, 3));
  }

  @Test
  void failuresLeaveATimeWindowWithTheirSlice() {
    CircuitBreaker timed = breaker(TEN_SECONDS);
    for (int i = 0; i < 9; i++) {
      timed.failure(timed.tryAcquire(), FAST);
    }
    ticker.advance(Duration.ofSeconds(10));
    timed.failure(timed.tryAcquire(), FAST);
    assertThat(timed.state()).isEqualTo(CircuitState.CLOSED);
    assertThat(timed.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void successesThatLeaveATimeWindowCanMakeTheRateOfOldFailuresOpenIt() {
    CircuitBreaker timed = breaker(TEN_SECONDS.withMinimumNumberOfCalls(2));
    for (int i = 0; i < 10; i++) {
      timed.success(timed.tryAcquire(), FAST);
    }
    ticker.advance(Duration.ofSeconds(1));
    timed.failure(timed.tryAcquire(), FAST);
    ticker.advance(Duration.ofSeconds(9));
    timed.success(timed.tryAcquire(), FAST);
    assertThat(timed.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void loweredThresholdIsJudgedByTheNextCallOfTheSameSlice() {
    CircuitBreaker timed = breaker(TEN_SECONDS);
    for (int i = 0; i < 20; i++) {
      timed.success(timed.tryAcquire(), FAST);
    }
    for (int i = 0; i < 10; i++) {
      timed.failure(timed.tryAcquire(), FAST);
    }
    assertThat(timed.state()).isEqualTo(CircuitState.CLOSED);
    timed.reconfigure(TEN_SECONDS.withFailureRateThreshold(30));
    timed.success(timed.tryAcquire(), FAST);
    assertThat(timed.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void changedSettingsKeepTheWindowAndTheOpenBreaker() {
    fail(9);
    breaker.reconfigure(DEFAULTS.withSlidingWindowSize(20));
    assertThat(breaker.snapshot().failures()).isEqualTo(9);
    fail(1);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    breaker.reconfigure(DEFAULTS.withWaitDurationInOpenState(Duration.ofSeconds(3)));
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(breaker.remainingOpenNanos()).isEqualTo(3_000_000_000L);
  }

  @Test
  void oneLineTellsTheState() {
    fail(10);
    breaker.tryAcquire();
    assertThat(breaker)
        .hasToString(
            "circuit breaker bank OPEN: 10 of 10 calls failed, 0 slow, 1 rejected, opened 1 times");
  }

  private CircuitBreaker breaker(CircuitBreakerSettings settings) {
    return new CircuitBreaker("bank", settings, ticker, events);
  }

  private void fail(int calls) {
    for (int i = 0; i < calls; i++) {
      breaker.failure(breaker.tryAcquire(), FAST);
    }
  }

  private void succeed(int calls) {
    for (int i = 0; i < calls; i++) {
      breaker.success(breaker.tryAcquire(), FAST);
    }
  }

  /** Opens the breaker, waits and takes the three permits. */
  private long[] probes() {
    fail(10);
    ticker.advance(Duration.ofSeconds(10));
    long[] probes = {breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()};
    assertThat(probes).doesNotContain(CircuitBreaker.REJECTED);
    return probes;
  }

  private Throwable catchRejection() {
    try {
      return breaker.call(() -> fail("called"));
    } catch (Exception e) {
      return e;
    }
  }

  private static Exception fail(String what) {
    throw new AssertionError(what);
  }
}
