package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LoadShedderTest {
  private static final LoadShedderSettings DEFAULTS = LoadShedderSettings.defaults();

  @Test
  void eachPriorityFillsItsShareOfTheLimit() {
    var expected =
        Map.of(
            Priority.CRITICAL_PLUS, 100,
            Priority.CRITICAL, 95,
            Priority.SHEDDABLE_PLUS, 80,
            Priority.SHEDDABLE, 60);
    Map<Priority, Integer> filled = new EnumMap<>(Priority.class);
    for (Priority priority : Priority.values()) {
      var shedder = LoadShedder.fixed("gateway", DEFAULTS, 100);
      filled.put(priority, fill(shedder, priority));
    }
    assertThat(filled).isEqualTo(expected);
  }

  @Test
  void risingLoadRefusesTheLeastImportantFirst() {
    var shedder = LoadShedder.fixed("gateway", DEFAULTS, 100);
    assertThat(fill(shedder, Priority.SHEDDABLE)).isEqualTo(60);
    assertThat(fill(shedder, Priority.SHEDDABLE_PLUS)).isEqualTo(20);
    assertThat(shedder.tryAcquire(Priority.SHEDDABLE)).isEqualTo(LoadShedder.REJECTED);
    assertThat(fill(shedder, Priority.CRITICAL)).isEqualTo(15);
    assertThat(fill(shedder, Priority.CRITICAL_PLUS)).isEqualTo(5);
    assertThat(shedder)
        .hasToString(
            "load shedder gateway: 100 of 100 in flight, refused"
                + " 1 CRITICAL_PLUS, 1 CRITICAL, 1 SHEDDABLE_PLUS, 2 SHEDDABLE");
    assertThat(shedder.snapshot().shedCalls()).containsEntry(Priority.SHEDDABLE, 2L);
  }

  @Test
  void shedderDecidesAsItsRuleSays() {
    long seed = System.nanoTime();
    System.out.println("load shedder against its rule: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      int limit = 1 + random.nextInt(40);
      LoadShedderSettings settings = randomSettings(random);
      var shedder = LoadShedder.fixed("random", settings, limit);
      int inFlight = 0;
      for (int step = 0; step < 1_000; step++) {
        if (random.nextInt(100) == 0) {
          settings = randomSettings(random);
          shedder.reconfigure(settings);
        }
        Priority priority = Priority.values()[random.nextInt(4)];
        if (random.nextInt(5) < 3) {
          boolean expected = inFlight < Math.max(1, (int) (limit * settings.share(priority)));
          long permit = shedder.tryAcquire(priority);
          assertThat(permit >= 0).as("seed %d step %d", seed, step).isEqualTo(expected);
          inFlight += permit >= 0 ? 1 : 0;
        } else if (inFlight > 0) {
          shedder.ignore(1);
          inFlight--;
        }
      }
    }
  }

  private static LoadShedderSettings randomSettings(Random random) {
    double critical = random.nextDouble();
    double plus = critical * random.nextDouble();
    return new LoadShedderSettings(critical, plus, plus * random.nextDouble());
  }

  @Test
  void limitThatAdaptsMovesTheShares() {
    var aimd = AdaptiveLimitSettings.defaults().withAlgorithm(LimitAlgorithm.aimd());
    var limit = new AdaptiveLimit("gateway", aimd.withInitialLimit(10));
    var shedder = new LoadShedder("gateway", DEFAULTS, limit);
    assertThat(fill(shedder, Priority.SHEDDABLE)).isEqualTo(6);
    long last = shedder.tryAcquire(Priority.CRITICAL_PLUS);
    shedder.dropped(last);
    assertThat(limit.limit()).isEqualTo(9);
    assertThat(shedder.tryAcquire(Priority.SHEDDABLE)).isNegative();
    assertThat(shedder.tryAcquire(Priority.SHEDDABLE_PLUS)).isNotNegative();
  }

  @Test
  void refusedCallIsNotMadeAndSaysWhy() throws Exception {
    var shedder = LoadShedder.fixed("gateway", DEFAULTS, 1);
    assertThat(shedder.<String>call(Priority.SHEDDABLE, () -> "served")).isEqualTo("served");
    long permit = shedder.tryAcquire(Priority.SHEDDABLE);
    assertThatThrownBy(
            () ->
                shedder.call(
                    Priority.SHEDDABLE,
                    () -> {
                      throw new AssertionError("called");
                    }))
        .isInstanceOfSatisfying(
            LoadShedException.class,
            e -> {
              assertThat(e).hasMessage("load shedder gateway has no room for priority SHEDDABLE");
              assertThat(e.reason()).isEqualTo("load-shed");
              assertThat(e.priority()).isEqualTo(Priority.SHEDDABLE);
              assertThat(e.getStackTrace()).isEmpty();
            });
    shedder.success(permit, 1);
    assertThat(shedder.snapshot().limit().inFlight()).isZero();
  }

  @Test
  void shareAboveTheOneBeforeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withSheddable(0.81))
        .withMessage("sheddable: must be 0.0 to 0.8, was 0.81");
    assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withCritical(1.1));
  }

  private static int fill(LoadShedder shedder, Priority priority) {
    int filled = 0;
    while (shedder.tryAcquire(priority) >= 0) {
      filled++;
    }
    return filled;
  }
}
