package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateLimitAlgorithmsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final long MILLI = 1_000_000;

  private final ManualTicker ticker = new ManualTicker();

  private static RateLimitSettings sliding(int limit, Duration period) {
    return new RateLimitSettings(limit, period, RateLimitAlgorithm.SLIDING_WINDOW);
  }

  private static RateLimitSettings leaky(int limit, Duration period) {
    return new RateLimitSettings(limit, period, RateLimitAlgorithm.LEAKY_BUCKET);
  }

  /** A bucket filled by time, and a purse into which one thread takes batches out of it. */
  @Test
  void bucketWithBatchesDoesWhatABucketAndAPurseDo() {
    long seed = System.nanoTime();
    System.out.println("rate limiter against bucket and purse: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 20; run++) {
      int limit = 1 + random.nextInt(200_000);
      long interval = 1_000 + random.nextInt(1_000);
      var settings = new RateLimitSettings(limit, Duration.ofNanos(interval * limit));
      var limiter = new RateLimiter("gateway", settings, ticker);
      int processors = Runtime.getRuntime().availableProcessors();
      int stripes = Math.min(64, Integer.highestOneBit(4 * processors - 1));
      long batch = Math.clamp(limit / (100L * stripes), 1, 128);
      long burst = limit * interval;
      long filled = burst;
      long purse = 0;
      for (int step = 0; step < 50_000; step++) {
        long passing = random.nextInt(1_000) == 0 ? random.nextLong(burst) : random.nextInt(1_500);
        ticker.advanceNanos(passing);
        filled = Math.min(burst, filled + passing);
        if (random.nextInt(5_000) == 0) {
          // Empties it, so that its end is seen too.
          while (filled >= interval || purse > 0) {
            assertThat(limiter.tryAcquire()).isZero();
            long taken = purse > 0 ? 0 : Math.min(batch, filled / interval);
            filled -= taken * interval;
            purse += taken - 1;
          }
        }
        assertThat(limiter.available()).as("seed %d", seed).isEqualTo(filled / interval + purse);
        if (purse > 0) {
          purse--;
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isZero();
        } else if (filled >= interval) {
          long taken = Math.min(batch, filled / interval);
          filled -= taken * interval;
          purse = taken - 1;
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isZero();
        } else {
          assertThat(limiter.tryAcquire()).as("seed %d", seed).isEqualTo(interval - filled);
        }
      }
    }
  }

  @Test
  void creditParkedByOtherThreadsIsUsedUpBeforeACallIsRefused() throws Exception {
    int limit = 100_000;
    var limiter = new RateLimiter("gateway", new RateLimitSettings(limit, SECOND), ticker);
    List<ExecutorService> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      threads.add(Executors.newSingleThreadExecutor());
    }
    try {
      for (ExecutorService thread : threads) {
        assertThat(thread.submit(limiter::tryAcquire).get(30, TimeUnit.SECONDS)).isZero();
      }
      assertThat(limiter.available()).isEqualTo(limit - 8);
      for (int i = 8; i < limit; i++) {
        assertThat(limiter.tryAcquire()).isZero();
      }
      assertThat(limiter.tryAcquire()).isEqualTo(10_000);
      assertThat(limiter.available()).isZero();
    } finally {
      threads.forEach(ExecutorService::shutdown);
    }
  }

  @Test
  void parkedCreditAddsLessThanOnePercentToAFullBucket() throws Exception {
    int limit = 100_000;
    var limiter = new RateLimiter("gateway", new RateLimitSettings(limit, SECOND), ticker);
    Storm.of(64, thread -> limiter.tryAcquire());
    ticker.advance(Duration.ofHours(1));
    int passed = 0;
    while (limiter.tryAcquire() == 0) {
      passed++;
    }
    assertThat(passed).isGreaterThan(limit).isLessThan(limit * 101 / 100);
  }

  @Test
  void stormPassesTheWholeLimitAndNotOneMore() throws Exception {
    for (RateLimitAlgorithm algorithm : RateLimitAlgorithm.values()) {
      int burst = algorithm == RateLimitAlgorithm.LEAKY_BUCKET ? 1 : 50_000;
      for (int round = 0; round < 10; round++) {
        var settings = new RateLimitSettings(50_000, SECOND, algorithm);
        var limiter = new RateLimiter("storm", settings, ticker);
        List<Integer> passed =
            Storm.of(
                4,
                thread -> {
                  int count = 0;
                  for (int i = 0; i < 40_000; i++) {
                    count += limiter.tryAcquire() == 0 ? 1 : 0;
                  }
                  return count;
                });
        assertThat(passed.stream().mapToInt(Integer::intValue).sum()).isEqualTo(burst);
      }
    }
  }

  @Test
  void longStormPassesTheLimitPerPeriodWithinOnePercent() throws Exception {
    int limit = 10_000;
    int periods = 40;
    for (RateLimitAlgorithm algorithm : RateLimitAlgorithm.values()) {
      var settings = new RateLimitSettings(limit, SECOND, algorithm);
      var limiter = new RateLimiter("storm", settings, ticker);
      long from = ticker.nanos();
      List<Long> passed =
          Storm.of(
              3,
              thread -> {
                long count = 0;
                while (ticker.nanos() - from < periods * SECOND.toNanos()) {
                  if (thread == 0) {
                    ticker.advanceNanos(20_000);
                  }
                  count += limiter.tryAcquire() == 0 ? 1 : 0;
                }
                return count;
              });
      long all = passed.stream().mapToLong(Long::longValue).sum();
      assertThat(all).as("%s", algorithm).isLessThanOrEqualTo(limit * (periods + 1L) * 101 / 100);
      assertThat(all).as("%s", algorithm).isGreaterThanOrEqualTo(limit * (periods - 1L));
    }
  }

  @Test
  void slidingWindowDoesWhatAListOfAllCallsSays() {
    long seed = System.nanoTime();
    System.out.println("sliding window against a list: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      int limit = 1 + random.nextInt(30);
      long period = limit * 1_000L + random.nextInt(1_000_000);
      var limiter = new RateLimiter("gateway", sliding(limit, Duration.ofNanos(period)), ticker);
      List<Long> calls = new ArrayList<>();
      for (int step = 0; step < 5_000; step++) {
        ticker.advanceNanos(
            random.nextInt(10) == 0 ? random.nextLong(period) : random.nextLong(period / limit));
        if (random.nextInt(500) == 0) {
          limit = 1 + random.nextInt(30);
          limiter.reconfigure(sliding(limit, Duration.ofNanos(Math.max(period, limit * 1_000L))));
          period = limiter.settings().period().toNanos();
        }
        long now = ticker.nanos();
        long span = period;
        forgetAllBut(limit, calls);
        long inWindow = calls.stream().filter(time -> now - time < span).count();
        assertThat(limiter.available()).as("seed %d", seed).isEqualTo(limit - inWindow);
        if (inWindow < limit) {
          assertThat(limiter.tryAcquire()).as("seed %d step %d", seed, step).isZero();
          calls.add(now);
          forgetAllBut(limit, calls);
        } else {
          assertThat(limiter.tryAcquire())
              .as("seed %d step %d", seed, step)
              .isEqualTo(calls.get(calls.size() - limit) + period - now);
        }
      }
    }
  }

  /** As many as the limit are remembered, also those that left the window. */
  private static void forgetAllBut(int limit, List<Long> calls) {
    calls.subList(0, Math.max(0, calls.size() - limit)).clear();
  }

  @Test
  void noWindowOfAStormHoldsMoreThanTheLimit() throws Exception {
    int limit = 100;
    var limiter = new RateLimiter("storm", sliding(limit, Duration.ofMillis(1)), ticker);
    long from = ticker.nanos();
    // The turn itself is not told, but lies between two readings of the clock.
    List<Long> before = Collections.synchronizedList(new ArrayList<>());
    List<Long> after = Collections.synchronizedList(new ArrayList<>());
    Storm.of(
        3,
        thread -> {
          while (ticker.nanos() - from < 30 * MILLI) {
            ticker.advanceNanos(37);
            long earliest = ticker.nanos() - from;
            if (limiter.tryAcquire() == 0) {
              before.add(earliest);
              after.add(ticker.nanos() - from);
            }
          }
          return null;
        });
    Collections.sort(before);
    Collections.sort(after);
    assertThat(before.size()).isBetween(29 * limit, 31 * limit);
    for (int i = limit; i < before.size(); i++) {
      assertThat(after.get(i) - before.get(i - limit)).isGreaterThanOrEqualTo(MILLI);
    }
  }

  @Test
  void leakyBucketSpacesCallsEvenlyAndSavesNothing() {
    var limiter = new RateLimiter("gateway", leaky(100, SECOND), ticker);
    assertThat(limiter.tryAcquire()).isZero();
    assertThat(limiter.tryAcquire()).isEqualTo(10 * MILLI);
    ticker.advance(Duration.ofMinutes(1));
    assertThat(limiter.available()).isEqualTo(1);
    assertThat(limiter.tryAcquire()).isZero();
    assertThat(limiter.tryAcquire()).isEqualTo(10 * MILLI);
  }

  @Test
  void reservedTurnsFollowOneAnotherUpToTheLongestWait() {
    var limiter = new RateLimiter("gateway", leaky(100, SECOND), ticker);
    for (int i = 0; i <= 5; i++) {
      assertThat(limiter.reserve(50 * MILLI)).isEqualTo(i * 10 * MILLI);
    }
    assertThat(limiter.reserve(50 * MILLI)).isEqualTo(-60 * MILLI);
    assertThat(limiter.rejectedCalls()).isEqualTo(1);
    ticker.advanceNanos(10 * MILLI);
    assertThat(limiter.reserve(50 * MILLI)).isEqualTo(50 * MILLI);
  }

  @Test
  void reservationsOfEveryAlgorithmKeepItsRule() {
    long seed = System.nanoTime();
    System.out.println("reservations: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 300; run++) {
      int limit = 1 + random.nextInt(20);
      long interval = 1_000 + random.nextInt(100_000);
      long period = limit * interval;
      var algorithm = RateLimitAlgorithm.values()[run % 3];
      var settings = new RateLimitSettings(limit, Duration.ofNanos(period), algorithm);
      var limiter = new RateLimiter("gateway", settings, ticker);
      List<Long> turns = new ArrayList<>();
      for (int step = 0; step < 500; step++) {
        ticker.advanceNanos(random.nextLong(2 * interval));
        long wait = limiter.reserve(random.nextLong(2 * period));
        if (wait >= 0) {
          turns.add(ticker.nanos() + wait);
        }
      }
      int perPeriod = algorithm == RateLimitAlgorithm.LEAKY_BUCKET ? 1 : limit;
      long gap =
          switch (algorithm) {
            case LEAKY_BUCKET -> interval;
            case SLIDING_WINDOW -> period;
            // The call that is a whole limit later has at least come after one more interval.
            case TOKEN_BUCKET -> interval;
          };
      for (int i = perPeriod; i < turns.size(); i++) {
        assertThat(turns.get(i) - turns.get(i - perPeriod))
            .as("seed %d %s", seed, algorithm)
            .isGreaterThanOrEqualTo(gap);
      }
    }
  }

  @Test
  void callerWaitsForItsTurnByTheClock() throws Exception {
    List<Long> sleeps = new ArrayList<>();
    Sleeper sleeper =
        nanos -> {
          sleeps.add(nanos);
          // Wakes too early once, as threads may.
          ticker.advanceNanos(sleeps.size() == 1 ? nanos - 1 : nanos);
        };
    var limiter = new RateLimiter("gateway", leaky(100, SECOND), ticker, sleeper);
    assertThat(limiter.acquire(Duration.ZERO)).isTrue();
    assertThat(limiter.acquire(Duration.ofMillis(10))).isTrue();
    assertThat(sleeps).containsExactly(10 * MILLI, 1L);
    assertThat(limiter.acquire(Duration.ofNanos(10 * MILLI - 1))).isFalse();
    assertThat(limiter.<String>call(Duration.ofMillis(10), () -> "passed")).isEqualTo("passed");
    assertThatThrownBy(() -> limiter.call(Duration.ofMillis(9), () -> "refused"))
        .isInstanceOfSatisfying(
            RateLimitedException.class,
            e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofMillis(10)));
    assertThat(limiter.snapshot())
        .isEqualTo(new RateLimiterSnapshot("gateway", leaky(100, SECOND), 0, 0, 2));
  }

  @Test
  void interruptedCallerGivesItsTurnBack() {
    for (var algorithm :
        List.of(RateLimitAlgorithm.LEAKY_BUCKET, RateLimitAlgorithm.TOKEN_BUCKET)) {
      Sleeper interrupted =
          nanos -> {
            throw new InterruptedException();
          };
      var settings = new RateLimitSettings(1, SECOND, algorithm);
      var limiter = new RateLimiter("gateway", settings, ticker, interrupted);
      assertThat(limiter.reserve(0)).isZero();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> limiter.acquire(SECOND)).isInstanceOf(InterruptedException.class);
      }
      assertThat(limiter.reserve(SECOND.toNanos())).isEqualTo(SECOND.toNanos());
      assertThat(limiter.snapshot().waiting()).isZero();
    }
  }

  @Test
  void manyWaitingThreadsGetOneTurnEach() throws Exception {
    var limiter = new RateLimiter("gateway", leaky(1_000, SECOND));
    var turns = new CompletableFuture<?>[20];
    for (int i = 0; i < turns.length; i++) {
      var turn = new CompletableFuture<Boolean>();
      turns[i] = turn;
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  turn.complete(limiter.acquire(Duration.ofSeconds(30)));
                } catch (InterruptedException e) {
                  turn.completeExceptionally(e);
                }
              });
    }
    for (CompletableFuture<?> turn : turns) {
      assertThat(turn.get(30, TimeUnit.SECONDS)).isEqualTo(true);
    }
  }

  @Test
  void otherAlgorithmTakesTheUsedShareOver() {
    var limiter = new RateLimiter("gateway", new RateLimitSettings(100, SECOND), ticker);
    var used = new ArrayDeque<Long>();
    for (int i = 0; i < 40; i++) {
      used.add(limiter.tryAcquire());
    }
    assertThat(used).containsOnly(0L);
    limiter.reconfigure(sliding(10, SECOND));
    assertThat(limiter.available()).isEqualTo(6);
    limiter.reconfigure(new RateLimitSettings(1_000, SECOND));
    assertThat(limiter.available()).isEqualTo(600);
    limiter.reconfigure(leaky(10, SECOND));
    assertThat(limiter.available()).isEqualTo(0);
    ticker.advance(Duration.ofMillis(100));
    assertThat(limiter.available()).isEqualTo(1);
  }

  @Test
  void creditInStripesComesBackWhenTheLimitChanges() {
    var limiter = new RateLimiter("gateway", new RateLimitSettings(100_000, SECOND), ticker);
    assertThat(limiter.tryAcquire()).isZero();
    limiter.reconfigure(new RateLimitSettings(1_000_000, SECOND));
    assertThat(limiter.available()).isEqualTo(999_990);
  }

  @Test
  void limiterIsAtRestWhenNothingOfItsLimitIsUsed() {
    for (RateLimitAlgorithm algorithm : RateLimitAlgorithm.values()) {
      var limiter =
          new RateLimiter("gateway", new RateLimitSettings(50_000, SECOND, algorithm), ticker);
      assertThat(limiter.isAtRest()).as("%s", algorithm).isTrue();
      assertThat(limiter.tryAcquire()).isZero();
      assertThat(limiter.isAtRest()).as("%s", algorithm).isFalse();
      ticker.advance(SECOND);
      assertThat(limiter.isAtRest()).as("%s", algorithm).isTrue();
    }
  }

  @Test
  void slidingWindowRemembersABoundedNumberOfCalls() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sliding(65_537, SECOND))
        .withMessage(
            "limit: must be at most 65536 for SLIDING_WINDOW, which remembers each call,"
                + " was 65537");
    var limiter = new RateLimiter("gateway", sliding(65_536, SECOND), ticker);
    ticker.advance(Duration.ofDays(365 * 50));
    int passed = 0;
    while (limiter.tryAcquire() == 0) {
      passed++;
    }
    assertThat(passed).isEqualTo(65_536);
  }
}
