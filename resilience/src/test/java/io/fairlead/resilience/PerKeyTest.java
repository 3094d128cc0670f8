package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PerKeyTest {
  private static final CircuitBreakerSettings SETTINGS =
      CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(1);

  private final CircuitBreaker shared = breaker("shared");

  @Test
  void sameKeyGetsTheSamePolicy() {
    var breakers = new PerKey<>(2, PerKeyTest::breaker, shared);
    CircuitBreaker bank = breakers.get("bank");
    assertThat(breakers.get("bank")).isSameAs(bank);
    assertThat(breakers.get("shop")).isNotSameAs(bank);
    assertThat(breakers.peek("none")).isNull();
    assertThat(breakers).hasToString("policies of 2 of 2 keys, 0 evicted, 0 times no room");
  }

  @Test
  void keyNotAskedForLatelyMakesRoom() {
    var breakers = new PerKey<>(2, PerKeyTest::breaker, shared);
    breakers.get("old");
    CircuitBreaker used = breakers.get("used");
    breakers.get("used");
    breakers.get("new");
    assertThat(breakers.peek("old")).isNull();
    assertThat(breakers.get("used")).isSameAs(used);
    assertThat(breakers.size()).isEqualTo(2);
    assertThat(breakers.evicted()).isEqualTo(1);
  }

  @Test
  void openBreakersStayAndNewKeysShareOneUntilOneCloses() {
    var breakers = new PerKey<>(2, PerKeyTest::breaker, shared);
    breakers.get("one").transitionTo(CircuitState.OPEN);
    breakers.get("two").transitionTo(CircuitState.FORCED_OPEN);
    assertThat(breakers.get("three")).isSameAs(shared);
    assertThat(breakers.overflowed()).isEqualTo(1);
    breakers.get("two").transitionTo(CircuitState.CLOSED);
    assertThat(breakers.get("three")).isNotSameAs(shared);
    assertThat(breakers.peek("two")).isNull();
    assertThat(breakers.peek("one")).isNotNull();
  }

  @Test
  void randomKeysNeverExceedTheMaximumNorLoseAnOpenBreaker() {
    long seed = Long.getLong("fairlead.seed", System.nanoTime());
    System.out.println("policies per key: -Dfairlead.seed=" + seed);
    var random = new Random(seed);
    var breakers = new PerKey<>(50, PerKeyTest::breaker, shared);
    Set<String> open = new HashSet<>();
    for (int step = 0; step < 200_000; step++) {
      String key = "key" + random.nextInt(500);
      CircuitBreaker breaker = breakers.get(key);
      if (breaker != shared && random.nextInt(100) == 0) {
        breaker.transitionTo(open.remove(key) ? CircuitState.CLOSED : CircuitState.OPEN);
        if (breaker.state() == CircuitState.OPEN) {
          open.add(key);
        }
      }
      if (step % 100 == 0) {
        assertThat(breakers.size()).isLessThanOrEqualTo(50);
        for (String one : open) {
          assertThat(breakers.peek(one))
              .as("seed %d step %d key %s", seed, step, one)
              .isNotNull()
              .extracting(CircuitBreaker::state)
              .isEqualTo(CircuitState.OPEN);
        }
      }
    }
    assertThat(breakers.evicted()).isPositive();
  }

  @Test
  void threadsThatAskForTheSameKeysAgreeOnTheirPolicies() throws Exception {
    var made = new AtomicInteger();
    var breakers =
        new PerKey<String, CircuitBreaker>(
            100,
            key -> {
              made.incrementAndGet();
              return breaker(key);
            },
            shared);
    var wrong = new AtomicInteger();
    Storm.of(
        8,
        thread -> {
          var random = new Random(thread);
          for (int i = 0; i < 100_000; i++) {
            String key = "key" + random.nextInt(300);
            CircuitBreaker breaker = breakers.get(key);
            if (breaker != shared && !breaker.name().equals(key)) {
              wrong.incrementAndGet();
            }
          }
          return null;
        });
    assertThat(wrong).hasValue(0);
    assertThat(breakers.size()).isLessThanOrEqualTo(100);
    assertThat(made.get()).isGreaterThan(300);
  }

  @Test
  void policyThatCannotTellWhetherItRestsStays() {
    var broken = new BrokenPolicy();
    var policies = new PerKey<String, Policy>(1, key -> broken, shared);
    policies.get("broken");
    assertThatIllegalStateException().isThrownBy(() -> policies.get("other"));
    assertThat(policies.peek("broken")).isSameAs(broken);
    broken.atRest = true;
    policies.get("other");
    assertThat(policies.peek("broken")).isNull();
    assertThat(policies.size()).isEqualTo(1);
  }

  private static final class BrokenPolicy implements Policy {
    private boolean atRest;

    @Override
    public String name() {
      return "broken";
    }

    @Override
    public boolean isAtRest() {
      if (!atRest) {
        throw new IllegalStateException("broken");
      }
      return true;
    }
  }

  @Test
  void policyThatCannotBeMadeTakesNoRoom() {
    var policies =
        new PerKey<String, Policy>(
            1,
            key -> {
              if (key.equals("bad")) {
                throw new IllegalStateException("bad key");
              }
              return breaker(key);
            },
            shared);
    assertThatIllegalStateException().isThrownBy(() -> policies.get("bad"));
    assertThat(policies.get("good")).isNotSameAs(shared);
  }

  private static CircuitBreaker breaker(String key) {
    return new CircuitBreaker(key, SETTINGS);
  }
}
