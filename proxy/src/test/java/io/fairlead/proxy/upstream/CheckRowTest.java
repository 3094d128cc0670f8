package io.fairlead.proxy.upstream;

import static io.fairlead.proxy.upstream.EndpointProbe.Outcome.FAILED;
import static io.fairlead.proxy.upstream.EndpointProbe.Outcome.PASSED;
import static io.fairlead.proxy.upstream.EndpointProbe.Outcome.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.upstream.EndpointProbe.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CheckRowTest {
  @Test
  void theFirstOutcomeDecidesAtOnce() {
    for (Outcome outcome : Outcome.values()) {
      CheckRow row = new CheckRow(3, 2);
      assertThat(row.add(outcome)).isTrue();
      assertThat(row.isHealthy()).isEqualTo(outcome == PASSED);
    }
  }

  @Test
  void laterItTakesAsManyInARowAsTheThreshold() {
    CheckRow row = new CheckRow(3, 2);
    assertThat(row.add(PASSED)).isTrue();
    assertThat(row.add(FAILED)).isFalse();
    assertThat(row.add(FAILED)).isFalse();
    assertThat(row.add(PASSED)).isFalse();
    assertThat(row.add(FAILED)).isFalse();
    assertThat(row.add(FAILED)).isFalse();
    assertThat(row.add(FAILED)).isTrue();
    assertThat(row.isHealthy()).isFalse();
    assertThat(row.add(PASSED)).isFalse();
    assertThat(row.add(FAILED)).isFalse();
    assertThat(row.add(PASSED)).isFalse();
    assertThat(row.add(PASSED)).isTrue();
    assertThat(row.isHealthy()).isTrue();
  }

  @Test
  void anAnswerThatSaysNoDecidesAtOnce() {
    CheckRow row = new CheckRow(100, 2);
    assertThat(row.add(PASSED)).isTrue();
    assertThat(row.add(REFUSED)).isTrue();
    assertThat(row.isHealthy()).isFalse();
    assertThat(row.add(REFUSED)).isFalse();
  }

  /** Healthy is who passed the last time that there was enough of one kind in a row. */
  @Test
  void theDecisionFollowsFromTheOutcomesAlone() {
    SplittableRandom random = new SplittableRandom(3);
    for (int round = 0; round < 2_000; round++) {
      int unhealthy = 1 + random.nextInt(4);
      int healthy = 1 + random.nextInt(4);
      CheckRow row = new CheckRow(unhealthy, healthy);
      List<Outcome> outcomes = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        outcomes.add(random.nextInt(10) == 0 ? REFUSED : random.nextBoolean() ? PASSED : FAILED);
        boolean before = row.isHealthy();
        boolean changed = row.add(outcomes.getLast());
        assertThat(row.isHealthy())
            .as("%d %d %s", unhealthy, healthy, outcomes)
            .isEqualTo(expected(outcomes, unhealthy, healthy));
        assertThat(changed).isEqualTo(i == 0 || before != row.isHealthy());
      }
    }
  }

  private static boolean expected(List<Outcome> outcomes, int unhealthy, int healthy) {
    boolean well = outcomes.getFirst() == PASSED;
    for (int i = 1; i < outcomes.size(); i++) {
      int inARow = 1;
      boolean passed = outcomes.get(i) == PASSED;
      while (inARow <= i && (outcomes.get(i - inARow) == PASSED) == passed) {
        inARow++;
      }
      if (inARow >= (passed ? healthy : unhealthy) || outcomes.get(i) == REFUSED) {
        well = passed;
      }
    }
    return well;
  }
}
