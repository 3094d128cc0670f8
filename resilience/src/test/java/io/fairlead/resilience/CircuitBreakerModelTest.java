package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CircuitBreakerModelTest {
  private static final int RUNS = 500;
  private static final int STEPS = 2_000;

  private record Held(long permit, CircuitModel.Permit model) {}

  @Test
  void breakerDoesWhatTheObviousModelDoesOverAMillionRandomSteps() {
    long seed = Long.getLong("fairlead.seed", System.nanoTime());
    System.out.println("circuit breaker against its model: -Dfairlead.seed=" + seed);
    var random = new Random(seed);
    long opened = 0;
    long halfOpened = 0;
    for (int run = 0; run < RUNS; run++) {
      var one = new Run(random, "seed " + seed + " run " + run);
      one.go();
      opened += one.breaker.snapshot().timesOpened();
      halfOpened += one.halfOpen;
    }
    // Random steps that never reach the interesting states would prove nothing.
    assertThat(opened).isGreaterThan(RUNS);
    assertThat(halfOpened).isGreaterThan(RUNS);
  }

  private static final class Run {
    private final Random random;
    private final String label;
    private final ManualTicker ticker = new ManualTicker();
    private final CircuitBreaker breaker;
    private final CircuitModel model;
    private final List<Held> held = new ArrayList<>();
    private final int badness;
    private long halfOpen;

    Run(Random random, String label) {
      this.random = random;
      this.label = label;
      badness = random.nextInt(100);
      CircuitBreakerSettings settings = randomSettings();
      breaker = new CircuitBreaker("model", settings, ticker, PolicyEvents.none());
      model = new CircuitModel(settings, ticker.nanos());
    }

    void go() {
      for (int step = 0; step < STEPS; step++) {
        step();
        check(step);
      }
    }

    private void step() {
      int dice = random.nextInt(1_000);
      if (dice < 420) {
        acquire();
      } else if (dice < 800) {
        outcome();
      } else if (dice < 850) {
        withHeld(
            one -> {
              breaker.ignore(one.permit);
              model.ignore(one.model);
            });
      } else if (dice < 990) {
        long most = random.nextInt(10) == 0 ? 20_000_000_000L : 500_000_000L;
        ticker.advanceNanos(random.nextLong(most));
      } else if (dice < 992) {
        CircuitBreakerSettings settings = randomSettings();
        breaker.reconfigure(settings);
        model.reconfigure(settings, ticker.nanos());
      } else if (dice == 992) {
        CircuitState next = CircuitState.values()[random.nextInt(CircuitState.values().length)];
        breaker.transitionTo(next);
        model.transitionTo(next, ticker.nanos());
      } else if (dice < 996 && model.state != CircuitState.CLOSED) {
        breaker.transitionTo(CircuitState.CLOSED);
        model.transitionTo(CircuitState.CLOSED, ticker.nanos());
      } else if (dice == 999) {
        held.clear(); // abandoned, never told
      }
    }

    private void acquire() {
      long permit = breaker.tryAcquire();
      CircuitModel.Permit expected = model.tryAcquire(ticker.nanos());
      assertThat(permit >= 0).as("%s: permitted", label).isEqualTo(expected != null);
      if (expected != null) {
        held.add(new Held(permit, expected));
      }
    }

    private void outcome() {
      boolean failed = random.nextInt(100) < badness;
      long elapsed = random.nextInt(100) < badness / 2 ? 1_000_000_001L : 1_000_000_000L;
      withHeld(
          one -> {
            if (failed) {
              breaker.failure(one.permit, elapsed);
            } else {
              breaker.success(one.permit, elapsed);
            }
            model.outcome(one.model, failed, elapsed, ticker.nanos());
          });
    }

    /** Usually the permit is used up; sometimes it stays to be told twice or in a later phase. */
    private void withHeld(Consumer<Held> action) {
      if (held.isEmpty()) {
        return;
      }
      int index = random.nextInt(held.size());
      Held one = held.get(index);
      action.accept(one);
      // Outside probes an outcome told twice counts twice, as documented.
      boolean reuse = random.nextInt(20) == 0 && model.state == CircuitState.HALF_OPEN;
      if (!reuse) {
        held.remove(index);
      }
    }

    private void check(int step) {
      assertThat(breaker.state()).as("%s step %d", label, step).isEqualTo(model.state);
      if (random.nextInt(16) != 0) {
        // Reading the sums places the outcomes that wait for it, so most steps must do without.
        return;
      }
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      List<CircuitModel.Call> calls = model.visible(ticker.nanos());
      var expected =
          new CircuitBreakerSnapshot(
              "model",
              model.state,
              calls.size(),
              calls.stream().filter(CircuitModel.Call::failed).count(),
              calls.stream().filter(CircuitModel.Call::slow).count(),
              model.rejected,
              model.opened);
      if (!snapshot.equals(expected)) {
        assertThat(snapshot).as("%s step %d", label, step).isEqualTo(expected);
      }
      if (model.state == CircuitState.HALF_OPEN) {
        halfOpen++;
      }
    }

    private CircuitBreakerSettings randomSettings() {
      double[] rates = {0.5, 10, 25, 100 / 3.0, 50, 66, 99, 100};
      boolean count = random.nextBoolean();
      int[] sizes = {1, 2, 3, 7, 16, 20, 33, 100};
      int[] seconds = {1, 2, 9, 10, 11, 60, 150};
      return new CircuitBreakerSettings(
          rates[random.nextInt(rates.length)],
          rates[random.nextInt(rates.length)],
          Duration.ofSeconds(1),
          1 + random.nextInt(20),
          count ? SlidingWindowType.COUNT_BASED : SlidingWindowType.TIME_BASED,
          count ? sizes[random.nextInt(sizes.length)] : seconds[random.nextInt(seconds.length)],
          Duration.ofMillis(1 + random.nextInt(5_000)),
          random.nextBoolean() ? 1 : 1 + random.nextDouble(),
          Duration.ofMillis(1 + random.nextInt(20_000)),
          1 + random.nextInt(5),
          Duration.ofMillis(1 + random.nextInt(10_000)));
    }
  }
}
