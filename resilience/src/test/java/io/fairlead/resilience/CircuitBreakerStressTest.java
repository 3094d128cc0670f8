package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CircuitBreakerStressTest {
  private static final int THREADS = 4;
  private static final CircuitBreakerSettings DEFAULTS = CircuitBreakerSettings.defaults();

  private final ManualTicker ticker = new ManualTicker();

  @Test
  void stormOnAnOpenBreakerAdmitsExactlyThreeProbesEachTime() throws Exception {
    var breaker = new CircuitBreaker("storm", DEFAULTS, ticker, PolicyEvents.none());
    for (int i = 0; i < 10; i++) {
      breaker.failure(breaker.tryAcquire(), 1);
    }
    for (int round = 0; round < 200; round++) {
      ticker.advance(Duration.ofSeconds(10));
      List<List<Long>> permits =
          Storm.of(
              THREADS,
              thread -> {
                List<Long> got = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                  long permit = breaker.tryAcquire();
                  if (permit >= 0) {
                    got.add(permit);
                  }
                }
                return got;
              });
      List<Long> all = permits.stream().flatMap(List::stream).toList();
      assertThat(all).hasSize(3).doesNotHaveDuplicates();
      all.forEach(permit -> breaker.failure(permit, 1));
      assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    }
    assertThat(breaker.snapshot().timesOpened()).isEqualTo(201);
    assertThat(breaker.snapshot().rejectedCalls()).isEqualTo(200L * (THREADS * 50 - 3));
  }

  @Test
  void probesGivenBackInAStormNeverExceedThePermittedNumber() throws Exception {
    var breaker = new CircuitBreaker("storm", DEFAULTS, ticker, PolicyEvents.none());
    for (int i = 0; i < 10; i++) {
      breaker.failure(breaker.tryAcquire(), 1);
    }
    ticker.advance(Duration.ofSeconds(10));
    var underWay = new AtomicInteger();
    List<Integer> most =
        Storm.of(
            THREADS,
            thread -> {
              int seen = 0;
              for (int i = 0; i < 100_000; i++) {
                long permit = breaker.tryAcquire();
                if (permit >= 0) {
                  seen = Math.max(seen, underWay.incrementAndGet());
                  underWay.decrementAndGet();
                  breaker.ignore(permit);
                  breaker.ignore(permit);
                }
              }
              return seen;
            });
    assertThat(most).allMatch(seen -> seen <= 3);
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    for (int i = 0; i < 3; i++) {
      assertThat(breaker.tryAcquire()).isNotNegative();
    }
    assertThat(breaker.tryAcquire()).isEqualTo(CircuitBreaker.REJECTED);
  }

  @Test
  void probesThatFinishTogetherAlwaysDecide() throws Exception {
    var breaker = new CircuitBreaker("storm", DEFAULTS, ticker, PolicyEvents.none());
    for (int round = 0; round < 300; round++) {
      for (int i = 0; i < 10; i++) {
        breaker.failure(breaker.tryAcquire(), 1);
      }
      ticker.advance(Duration.ofSeconds(10));
      long[] probes = {breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()};
      var arrived = new AtomicInteger();
      Storm.of(
          probes.length,
          thread -> {
            arrived.incrementAndGet();
            while (arrived.get() < probes.length) {
              Thread.onSpinWait();
            }
            breaker.success(probes[thread], 1);
            return null;
          });
      assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    }
  }

  @Test
  void sumsOfACountWindowEqualItsSlotsAfterAStorm() throws Exception {
    var never = new CircuitRules(DEFAULTS.withMinimumNumberOfCalls(1_000_000), ticker);
    for (int size : new int[] {1, 2, 3, 16, 100}) {
      var window = new CountWindow(size);
      Storm.of(
          THREADS,
          thread -> {
            var random = new Random(size * 31L + thread);
            for (int i = 0; i < 100_000; i++) {
              int flags = random.nextInt(4) << 1;
              window.add(CircuitWindow.CALL | flags, never);
            }
            return null;
          });
      assertThat(window.outcomes()).isEqualTo(window.recount());
      assertThat(window.outcomes().calls()).isEqualTo(size);
    }
  }

  @Test
  void successesAndFewFailuresOfManyThreadsNeverOpenTheBreaker() throws Exception {
    // A window this small is lapped all the time, so a torn or negative sum would show as a rate.
    var breaker =
        new CircuitBreaker(
            "storm",
            DEFAULTS
                .withSlidingWindowSize(THREADS * 2)
                .withMinimumNumberOfCalls(1)
                .withFailureRateThreshold(100),
            ticker,
            PolicyEvents.none());
    for (int i = 0; i < THREADS * 2; i++) {
      breaker.success(breaker.tryAcquire(), 1);
    }
    Storm.of(
        THREADS,
        thread -> {
          for (int i = 0; i < 100_000; i++) {
            long permit = breaker.tryAcquire();
            if (thread == 0 && i % 5 == 0) {
              breaker.failure(permit, 1);
            } else {
              breaker.success(permit, 1);
            }
          }
          return null;
        });
    assertThat(breaker.snapshot().timesOpened()).isZero();
  }

  @Test
  void timeWindowCountsEveryOutcomeOfManyThreads() throws Exception {
    var window = new TimeWindow(10, ticker);
    var never = new CircuitRules(DEFAULTS.withMinimumNumberOfCalls(1_000_000), ticker);
    Storm.of(
        THREADS,
        thread -> {
          for (int i = 0; i < 50_000; i++) {
            boolean failed = i % 10 == 0;
            boolean slow = i % 20 == 0;
            int flags = (failed ? CircuitWindow.FAILED : 0) | (slow ? CircuitWindow.SLOW : 0);
            window.add(CircuitWindow.CALL | flags, never);
          }
          return null;
        });
    assertThat(window.outcomes())
        .isEqualTo(new Outcomes(THREADS * 50_000L, THREADS * 5_000L, THREADS * 2_500L));
  }

  @Test
  void transitionsUnderAStormFormOneUnbrokenChain() throws Exception {
    var events = new PolicyEvents(1_000_000);
    var breaker =
        new CircuitBreaker(
            "storm",
            DEFAULTS
                .withSlidingWindowSize(5)
                .withWaitDurationInOpenState(Duration.ofNanos(50))
                .withMaxWaitDurationInHalfOpenState(Duration.ofNanos(500)),
            ticker,
            events);
    Storm.of(
        THREADS,
        thread -> {
          var random = new Random(thread);
          for (int i = 0; i < 100_000; i++) {
            ticker.advanceNanos(1);
            long permit = breaker.tryAcquire();
            if (permit >= 0) {
              switch (random.nextInt(4)) {
                case 0 -> breaker.success(permit, 1);
                case 1 -> breaker.ignore(permit);
                case 2 ->
                    breaker.reconfigure(
                        breaker.settings().withSlidingWindowSize(5 + random.nextInt(3)));
                default -> breaker.failure(permit, 1);
              }
            }
          }
          return null;
        });
    List<CircuitTransition> seen = new ArrayList<>();
    for (PolicyEvent next = events.poll(); next != null; next = events.poll()) {
      seen.add((CircuitTransition) next);
    }
    assertThat(events.dropped()).isZero();
    List<CircuitTransition> inOrder =
        seen.stream().sorted(Comparator.comparingLong(CircuitTransition::sequence)).toList();
    CircuitState state = CircuitState.CLOSED;
    long sequence = 0;
    for (CircuitTransition transition : inOrder) {
      assertThat(transition.sequence()).isEqualTo(++sequence);
      assertThat(transition.from()).isEqualTo(state);
      state = transition.to();
    }
    assertThat(state).isEqualTo(breaker.state());
    assertThat(sequence).isGreaterThan(10);
  }
}
