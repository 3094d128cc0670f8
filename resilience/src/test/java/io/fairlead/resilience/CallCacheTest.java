package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallCacheTest {
  private static final CallCacheSettings SETTINGS =
      new CallCacheSettings(3, Duration.ofSeconds(10), Duration.ofSeconds(50));

  private final ManualTicker ticker = new ManualTicker();
  private final CallCache<String, String> cache = new CallCache<>("users", SETTINGS, ticker);
  private final CountDownLatch gate = new CountDownLatch(1);

  @Test
  void resultIsServedForItsTimeToLiveAndLoadedAgainThen() throws Exception {
    assertThat(cache.get("a", () -> "one")).isEqualTo("one");
    ticker.advance(Duration.ofNanos(9_999_999_999L));
    assertThat(cache.get("a", () -> "two")).isEqualTo("one");
    ticker.advance(Duration.ofNanos(1));
    assertThat(cache.get("a", () -> "two")).isEqualTo("two");
    assertThat(cache.snapshot()).isEqualTo(new CallCacheSnapshot("users", 1, 1, 2, 0, 0, 0, 0));
    assertThat(cache)
        .hasToString(
            "call cache users: 1 of 3 entries, 1 hits, 2 misses, 0 stale served, 0 evicted");
  }

  @Test
  void lastGoodResultIsServedWhenTheCallFailsUntilItIsTooOld() throws Exception {
    cache.get("a", () -> "good");
    ticker.advance(Duration.ofSeconds(59));
    assertThat(cache.get("a", CallCacheTest::failing)).isEqualTo("good");
    assertThat(cache.get("a", CallCacheTest::rejected)).isEqualTo("good");
    assertThat(cache.lastGood("a")).contains("good");
    ticker.advance(Duration.ofSeconds(1));
    assertThatThrownBy(() -> cache.get("a", CallCacheTest::failing))
        .isInstanceOf(IOException.class);
    assertThat(cache.lastGood("a")).isEmpty();
    assertThat(cache.snapshot()).isEqualTo(new CallCacheSnapshot("users", 1, 0, 4, 0, 3, 2, 0));
  }

  @Test
  void errorComesOutEvenIfAnOlderResultIsThere() throws Exception {
    cache.get("a", () -> "good");
    ticker.advance(Duration.ofSeconds(20));
    assertThatThrownBy(
            () ->
                cache.get(
                    "a",
                    () -> {
                      throw new StackOverflowError();
                    }))
        .isInstanceOf(StackOverflowError.class);
    assertThat(cache.get("a", () -> "better")).isEqualTo("better");
  }

  @Test
  void callersOfAMissingKeyWaitForOneCall() throws Exception {
    var calls = new AtomicInteger();
    Callable<String> slow =
        () -> {
          calls.incrementAndGet();
          return waitForTheGate();
        };
    List<CompletableFuture<String>> callers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      callers.add(getOnAThread("a", slow));
    }
    awaitJoined(99);
    // Another key is not held up.
    assertThat(cache.get("b", () -> "other")).isEqualTo("other");
    gate.countDown();
    for (CompletableFuture<String> caller : callers) {
      assertThat(caller.get(30, TimeUnit.SECONDS)).isEqualTo("gate open");
    }
    assertThat(calls.get()).isEqualTo(1);
  }

  @Test
  void callersThatWaitGetTheFailureToo() {
    Callable<String> slow =
        () -> {
          waitForTheGate();
          throw new IOException("down");
        };
    CompletableFuture<String> first = getOnAThread("a", slow);
    CompletableFuture<String> second = getOnAThread("a", slow);
    awaitJoined(1);
    gate.countDown();
    for (CompletableFuture<String> caller : List.of(first, second)) {
      assertThatThrownBy(() -> caller.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
    }
    assertThat(cache.snapshot().misses()).isEqualTo(1);
  }

  @Test
  void interruptedCallIsMadeByOneThatWaits() throws Exception {
    var pilot = new CompletableFuture<Throwable>();
    var thread =
        new Thread(
            () -> {
              try {
                cache.get("a", this::waitForTheGate);
              } catch (Throwable e) {
                pilot.complete(e);
              }
            });
    thread.start();
    Awaitility.await().until(() -> cache.snapshot().misses() == 1);
    CompletableFuture<String> waiting = getOnAThread("a", () -> "made by the other");
    awaitJoined(1);
    thread.interrupt();
    assertThat(pilot.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("made by the other");
  }

  @Test
  void interruptedWaiterLeavesAndTheCallGoesOn() throws Exception {
    CompletableFuture<String> pilot = getOnAThread("a", this::waitForTheGate);
    Awaitility.await().until(() -> cache.snapshot().misses() == 1);
    var left = new CompletableFuture<Throwable>();
    var waiter =
        new Thread(
            () -> {
              try {
                cache.get("a", () -> "unused");
              } catch (Throwable e) {
                left.complete(e);
              }
            });
    waiter.start();
    awaitJoined(1);
    waiter.interrupt();
    assertThat(left.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    gate.countDown();
    assertThat(pilot.get(30, TimeUnit.SECONDS)).isEqualTo("gate open");
  }

  @Test
  void callForItsOwnKeyIsRefused() throws Exception {
    assertThatThrownBy(() -> cache.get("a", () -> cache.get("a", () -> "never")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("call cache users: the call for key a asks for its own key");
    assertThat(cache.get("a", () -> cache.get("b", () -> "nested"))).isEqualTo("nested");
  }

  @Test
  void resultOfACallThatWasInvalidatedMeanwhileIsNotKept() throws Exception {
    CompletableFuture<String> pilot = getOnAThread("a", this::waitForTheGate);
    Awaitility.await().until(() -> cache.snapshot().misses() == 1);
    cache.invalidate("a");
    assertThat(cache.get("a", () -> "newer")).isEqualTo("newer");
    gate.countDown();
    assertThat(pilot.get(30, TimeUnit.SECONDS)).isEqualTo("gate open");
    assertThat(cache.get("a", () -> "unused")).isEqualTo("newer");
    cache.invalidate("a");
    assertThat(cache.lastGood("a")).isEmpty();
    assertThat(cache.snapshot().entries()).isZero();
  }

  @Test
  void callThatWasInvalidatedDoesNotDisturbTheOneAfterIt() throws Exception {
    CompletableFuture<String> older = getOnAThread("a", this::waitForTheGate);
    Awaitility.await().until(() -> cache.snapshot().misses() == 1);
    cache.invalidate("a");
    String newer =
        cache.get(
            "a",
            () -> {
              gate.countDown();
              older.get(30, TimeUnit.SECONDS);
              assertThat(cache.lastGood("a")).isEmpty();
              return "newer";
            });
    assertThat(newer).isEqualTo("newer");
    assertThat(cache.lastGood("a")).contains("newer");
  }

  @Test
  void stagesOfAMissingKeyWaitForOneCallAndAreCancelledAlone() {
    var load = new CompletableFuture<String>();
    CompletableFuture<String> first = getAsync("a", load);
    CompletableFuture<String> second = getAsync("a", CompletableFuture.completedFuture("unused"));
    CompletableFuture<String> third = getOnAThread("a", () -> "unused");
    awaitJoined(2);
    first.cancel(true);
    assertThat(load).isNotDone();
    load.complete("loaded");
    assertThat(second).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("loaded");
    assertThat(third).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("loaded");
    assertThat(getAsync("a", new CompletableFuture<>())).isCompletedWithValue("loaded");
    assertThat(cache.snapshot()).isEqualTo(new CallCacheSnapshot("users", 1, 1, 1, 2, 0, 0, 0));
  }

  @Test
  void stageThatFailsServesTheLastGoodResult() {
    getAsync("a", CompletableFuture.completedFuture("good"));
    ticker.advance(Duration.ofSeconds(20));
    var load = new CompletableFuture<String>();
    CompletableFuture<String> first = getAsync("a", load.thenApply(value -> value));
    CompletableFuture<String> second = getAsync("a", load);
    load.completeExceptionally(new IOException("down"));
    assertThat(first).isCompletedWithValue("good");
    assertThat(second).isCompletedWithValue("good");
    ticker.advance(Duration.ofSeconds(50));
    assertThatThrownBy(getAsync("a", load)::get).hasCauseInstanceOf(IOException.class);
    assertThat(cache.snapshot().staleServed()).isEqualTo(2);
    assertThat(cache.isAtRest()).isFalse();
    cache.invalidate("a");
    assertThat(cache.isAtRest()).isTrue();
  }

  @Test
  void cancelledStageIsMadeAgainByOneThatWaits() {
    for (Throwable end : List.of(new CancellationException(), new StackOverflowError())) {
      var load = new CompletableFuture<String>();
      CompletableFuture<String> first = getAsync("a", load);
      CompletableFuture<String> second = getAsync("a", CompletableFuture.completedFuture("again"));
      load.completeExceptionally(end);
      assertThat(first).isCompletedExceptionally();
      assertThat(second).isCompletedWithValue("again");
      cache.invalidate("a");
    }
    assertThat(cache.snapshot().failures()).isZero();
    assertThatThrownBy(
            () ->
                cache
                    .getAsync(
                        "a",
                        () -> {
                          throw new IllegalStateException("no stage");
                        })
                    .toCompletableFuture()
                    .get())
        .hasRootCauseMessage("no stage");
    assertThat(getAsync("a", CompletableFuture.completedFuture("after"))).isCompleted();
  }

  @Test
  void entryThatWasServedStaysAndOneThatWasNotGoes() throws Exception {
    for (String key : List.of("a", "b", "c")) {
      cache.get(key, () -> key);
    }
    cache.get("a", CallCacheTest::failing);
    cache.get("d", () -> "d");
    assertThat(cache.lastGood("a")).isPresent();
    assertThat(cache.lastGood("b")).isEmpty();
    assertThat(cache.snapshot().evictions()).isEqualTo(1);
    cache.reconfigure(SETTINGS.withMaxEntries(1));
    assertThat(cache.snapshot().entries()).isEqualTo(1);
  }

  @Test
  void scanDoesNotDriveOutWhatIsUsed() throws Exception {
    cache.reconfigure(SETTINGS.withMaxEntries(100));
    for (int i = 0; i < 10_000; i++) {
      String once = "once " + i;
      cache.get(once, () -> once);
      String often = "often " + i % 50;
      cache.get(often, () -> often);
    }
    // Of 10,000 calls for 50 keys nearly all were hits.
    assertThat(cache.snapshot().hits()).isGreaterThan(9_500);
    assertThat(cache.snapshot().entries()).isEqualTo(100);
  }

  @Test
  void cacheDoesWhatAMapWithTimesDoes() throws Exception {
    long seed = System.nanoTime();
    System.out.println("call cache against its model: seed " + seed);
    var random = new Random(seed);
    cache.reconfigure(SETTINGS.withMaxEntries(1_000));
    Map<String, Long> times = new HashMap<>();
    Map<String, String> values = new HashMap<>();
    for (int step = 0; step < 100_000; step++) {
      ticker.advance(Duration.ofMillis(random.nextInt(2_000)));
      String key = "key " + random.nextInt(20);
      String value = "value " + step;
      boolean fails = random.nextInt(3) == 0;
      boolean known = times.containsKey(key);
      long age = known ? ticker.nanos() - times.getOrDefault(key, 0L) : Long.MAX_VALUE;
      String result;
      try {
        result = cache.get(key, () -> fails ? failing() : value);
      } catch (IOException e) {
        result = "failed";
      }
      String expected;
      if (age < 10_000_000_000L) {
        expected = values.get(key);
      } else if (!fails) {
        expected = value;
        times.put(key, ticker.nanos());
        values.put(key, value);
      } else {
        expected = age < 60_000_000_000L ? values.get(key) : "failed";
      }
      assertThat(result).as("seed %d step %d", seed, step).isEqualTo(expected);
      if (random.nextInt(50) == 0) {
        cache.invalidate(key);
        times.remove(key);
      }
    }
  }

  @Test
  void stormKeepsTheBoundAndOneCallPerKey() throws Exception {
    cache.reconfigure(SETTINGS.withMaxEntries(10));
    var underWay = new AtomicInteger[30];
    for (int i = 0; i < underWay.length; i++) {
      underWay[i] = new AtomicInteger();
    }
    List<Integer> most =
        Storm.of(
            4,
            thread -> {
              var random = new Random(thread);
              int seen = 0;
              for (int i = 0; i < 20_000; i++) {
                int key = random.nextInt(underWay.length);
                var together = new AtomicInteger();
                String value =
                    cache.get(
                        "key " + key,
                        () -> {
                          together.set(underWay[key].incrementAndGet());
                          Thread.yield();
                          underWay[key].decrementAndGet();
                          return "value " + key;
                        });
                assertThat(value).isEqualTo("value " + key);
                seen = Math.max(seen, together.get());
              }
              return seen;
            });
    assertThat(most).containsOnly(1);
    CallCacheSnapshot snapshot = cache.snapshot();
    assertThat(snapshot.entries()).isEqualTo(10);
    assertThat(snapshot.misses() - snapshot.evictions()).isEqualTo(10);
  }

  private static String failing() throws IOException {
    throw new IOException("down");
  }

  private static String rejected() {
    throw new BulkheadFullException("bank");
  }

  private String waitForTheGate() throws InterruptedException {
    assertThat(gate.await(60, TimeUnit.SECONDS)).isTrue();
    return "gate open";
  }

  private CompletableFuture<String> getOnAThread(String key, Callable<String> callable) {
    var result = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(cache.get(key, callable));
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private CompletableFuture<String> getAsync(String key, CompletableFuture<String> load) {
    return cache.getAsync(key, () -> load).toCompletableFuture();
  }

  private void awaitJoined(int joined) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> cache.snapshot().joined() == joined);
  }
}
