package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private static final RateLimitSettings HUNDRED = RateLimitSettings.defaults();
  private static final long MILLI = 1_000_000;

  private final ManualTicker ticker = new ManualTicker();

  @Test
  void wholeLimitPassesAtOnceAndTheNextIsToldWhen() {
    var limiter = new RateLimiter("gateway", HUNDRED, ticker);
    assertThat(passed(limiter, 100)).isEqualTo(100);
    assertThat(limiter.tryAcquire()).isEqualTo(10 * MILLI);
    ticker.advanceNanos(10 * MILLI - 1);
    assertThat(limiter.tryAcquire()).isEqualTo(1);
    ticker.advanceNanos(1);
    assertThat(limiter.tryAcquire()).isZero();
    assertThat(limiter.tryAcquire()).isEqualTo(10 * MILLI);
    assertThat(limiter.rejectedCalls()).isEqualTo(3);
  }

  @Test
  void waitThatIsToldIsExactlyEnough() {
    long seed = System.nanoTime();
    System.out.println("rate limiter waits: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      var settings =
          new RateLimitSettings(
              1 + random.nextInt(1_000), Duration.ofMillis(1 + random.nextInt(5_000)));
      var limiter = new RateLimiter("gateway", settings, ticker);
      for (int step = 0; step < 2_000; step++) {
        long wait = limiter.tryAcquire();
        if (wait > 0) {
          ticker.advanceNanos(wait - 1);
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isEqualTo(1);
          ticker.advanceNanos(1);
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isZero();
        }
      }
    }
  }

  @Test
  void limiterDoesWhatABucketOfTokensSays() {
    long seed = System.nanoTime();
    System.out.println("rate limiter against its model: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 100; run++) {
      int limit = 1 + random.nextInt(50);
      long interval = 1_000 + random.nextInt(1_000_000);
      var limiter =
          new RateLimiter(
              "gateway", new RateLimitSettings(limit, Duration.ofNanos(interval * limit)), ticker);
      // A bucket that holds the burst and is filled by time; a call costs an interval.
      long burst = limit * interval;
      long filled = burst;
      for (int step = 0; step < 5_000; step++) {
        long passing = random.nextLong(interval * (random.nextInt(50) == 0 ? 100 : 2));
        ticker.advanceNanos(passing);
        filled = Math.min(burst, filled + passing);
        assertThat(limiter.available()).as("seed %d", seed).isEqualTo(filled / interval);
        if (filled >= interval) {
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isZero();
          filled -= interval;
        } else {
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isEqualTo(interval - filled);
        }
      }
    }
  }

  @Test
  void limitOfThreePerSecondLosesNothingWorthNamingToRounding() {
    var limiter =
        new RateLimiter("gateway", new RateLimitSettings(3, Duration.ofSeconds(1)), ticker);
    assertThat(passed(limiter, 10)).isEqualTo(3);
    int passed = 0;
    for (int i = 0; i < 3_000; i++) {
      ticker.advance(Duration.ofMillis(100));
      passed += passed(limiter, 3);
    }
    assertThat(passed).isEqualTo(900);
  }

  @Test
  void changedLimitKeepsTheUsedShare() {
    var limiter = new RateLimiter("gateway", HUNDRED, ticker);
    passed(limiter, 50);
    limiter.reconfigure(new RateLimitSettings(10, Duration.ofMinutes(1)));
    assertThat(limiter.available()).isEqualTo(5);
    limiter.reconfigure(HUNDRED);
    assertThat(limiter.available()).isEqualTo(50);
  }

  @Test
  void limiterThatWasIdleForYearsStillLetsOnlyTheLimitThrough() {
    var limiter = new RateLimiter("gateway", HUNDRED, ticker);
    passed(limiter, 100);
    ticker.advance(Duration.ofDays(365 * 50));
    assertThat(passed(limiter, 1_000)).isEqualTo(100);
  }

  @Test
  void refusedCallIsNotMadeAndTellsWhen() throws Exception {
    var limiter =
        new RateLimiter("gateway", new RateLimitSettings(1, Duration.ofSeconds(2)), ticker);
    assertThat(limiter.<String>call(() -> "passed")).isEqualTo("passed");
    assertThatThrownBy(
            () ->
                limiter.call(
                    () -> {
                      throw new AssertionError("called");
                    }))
        .isInstanceOfSatisfying(
            RateLimitedException.class,
            e -> {
              assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(2));
              assertThat(e.getStackTrace()).isEmpty();
              assertThat(e.reason()).isEqualTo("rate-limited");
            });
    assertThat(limiter).hasToString("rate limit gateway: 0 of 1 per PT2S available, 1 rejected");
  }

  @Test
  void stormAtOneMomentPassesExactlyTheLimit() throws Exception {
    for (int round = 0; round < 50; round++) {
      var limiter =
          new RateLimiter("gateway", new RateLimitSettings(1_000, Duration.ofSeconds(1)), ticker);
      List<Integer> passed = Storm.of(4, thread -> passed(limiter, 1_000));
      assertThat(passed.stream().mapToInt(Integer::intValue).sum()).isEqualTo(1_000);
    }
  }

  private static int passed(RateLimiter limiter, int asked) {
    int passed = 0;
    for (int i = 0; i < asked; i++) {
      if (limiter.tryAcquire() == 0) {
        passed++;
      }
    }
    return passed;
  }
}
