package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private final ManualTicker ticker = new ManualTicker();

  @Test
  void withoutTrafficThereAreThreeRetriesForEachOfTenSeconds() {
    var budget = new RetryBudget(RetryBudgetSettings.defaults(), ticker);
    assertThat(granted(budget, 100)).isEqualTo(30);
    ticker.advance(Duration.ofSeconds(9));
    assertThat(granted(budget, 100)).isZero();
    ticker.advance(Duration.ofSeconds(1));
    assertThat(granted(budget, 100)).isEqualTo(30);
  }

  @Test
  void aFifthOfTheRequestsIsGrantedOnTop() {
    var budget = new RetryBudget(RetryBudgetSettings.defaults(), ticker);
    for (int i = 0; i < 1_000; i++) {
      budget.requestStarted();
    }
    assertThat(granted(budget, 1_000)).isEqualTo(230);
    assertThat(budget.refused()).isEqualTo(770);
  }

  @Test
  void budgetDoesWhatAListOfAllEventsSays() {
    long seed = System.nanoTime();
    System.out.println("retry budget against its model: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 50; run++) {
      var settings = new RetryBudgetSettings(random.nextInt(150), random.nextInt(3));
      var budget = new RetryBudget(settings, ticker);
      long start = ticker.nanos();
      List<Long> requests = new ArrayList<>();
      List<Long> retries = new ArrayList<>();
      for (int step = 0; step < 2_000; step++) {
        ticker.advanceNanos(random.nextLong(100_000_000));
        long second = (ticker.nanos() - start) / 1_000_000_000L;
        if (random.nextBoolean()) {
          budget.requestStarted();
          requests.add(second);
        } else {
          double limit =
              recent(requests, second) * settings.percent() / 100 + settings.minPerSecond() * 10;
          boolean expected = recent(retries, second) + 1 <= limit;
          assertThat(budget.tryRetry()).as("seed %d step %d", seed, step).isEqualTo(expected);
          if (expected) {
            retries.add(second);
          }
        }
      }
    }
  }

  @Test
  void stormOfRetriesNeverExceedsTheBudget() throws Exception {
    for (int round = 0; round < 20; round++) {
      var budget = new RetryBudget(new RetryBudgetSettings(0, 100), ticker);
      List<Integer> granted = Storm.of(4, thread -> granted(budget, 5_000));
      int all = granted.stream().mapToInt(Integer::intValue).sum();
      assertThat(all).isBetween(1_000 - 4, 1_000);
    }
  }

  private static long recent(List<Long> seconds, long second) {
    return seconds.stream().filter(one -> one > second - 10).count();
  }

  private static int granted(RetryBudget budget, int asked) {
    int granted = 0;
    for (int i = 0; i < asked; i++) {
      if (budget.tryRetry()) {
        granted++;
      }
    }
    return granted;
  }
}
