package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HedgeTest {
  private static final Duration DELAY = Duration.ofMillis(5);
  private static final HedgeSettings SETTINGS = HedgeSettings.defaults().withDelay(DELAY);

  private final ManualTicker ticker = new ManualTicker();
  private final Hedge hedge = new Hedge("search", SETTINGS, ticker, Optional.empty());
  private final AtomicInteger tries = new AtomicInteger();
  private final CountDownLatch gate = new CountDownLatch(1);

  @Test
  void answerInTimeNeedsNoHedge() throws Exception {
    assertThat(hedge.<String>call(() -> "first")).isEqualTo("first");
    assertThat(await(hedge.callAsync(() -> CompletableFuture.completedStage("first"))))
        .isEqualTo("first");
    assertThat(hedge.snapshot()).isEqualTo(new HedgeSnapshot("search", 2, 0, 0, 0, 0));
    assertThat(hedge)
        .hasToString(
            "hedge search: 2 calls, 0 hedges, 0 won, 0 refused by the budget, 0 calls failed");
  }

  @Test
  void lateCallIsMadeAgainAndTheLoserInterrupted() throws Exception {
    var interrupted = new CompletableFuture<Boolean>();
    Callable<String> callable =
        () -> {
          if (tries.getAndIncrement() > 0) {
            return "second";
          }
          try {
            return waitForTheGate();
          } catch (InterruptedException e) {
            interrupted.complete(true);
            throw e;
          }
        };
    CompletableFuture<String> result = callOnAThread(callable);
    Awaitility.await().until(() -> tries.get() == 1);
    ticker.advance(DELAY);
    assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo("second");
    assertThat(interrupted.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(hedge.snapshot()).isEqualTo(new HedgeSnapshot("search", 1, 1, 1, 0, 0));
  }

  @Test
  void hedgeThatFailsFastDoesNotBeatTheFirstTry() throws Exception {
    CompletableFuture<String> result =
        callOnAThread(
            () -> {
              if (tries.getAndIncrement() > 0) {
                gate.countDown();
                throw new IOException("hedge failed");
              }
              return waitForTheGate();
            });
    Awaitility.await().until(() -> tries.get() == 1);
    ticker.advance(DELAY);
    assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo("gate open");
    assertThat(hedge.snapshot()).isEqualTo(new HedgeSnapshot("search", 1, 1, 0, 0, 0));
  }

  @Test
  void failureOfTheFirstTryComesOutWithTheOthersWhenAllHaveFailed() {
    CompletableFuture<String> result =
        callOnAThread(
            () -> {
              if (tries.getAndIncrement() == 0) {
                waitForTheGate();
                throw new IOException("first");
              }
              gate.countDown();
              throw new IllegalStateException("second");
            });
    Awaitility.await().until(() -> tries.get() == 1);
    ticker.advance(DELAY);
    assertThatThrownBy(() -> result.get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessage("first")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .singleElement()
                    .hasToString("java.lang.IllegalStateException: second"));
    assertThat(hedge.snapshot().failedCalls()).isEqualTo(1);
  }

  @Test
  void failureBeforeTheDelayStartsNoHedge() {
    for (Throwable failure : List.of(new IOException("down"), new StackOverflowError())) {
      assertThatThrownBy(
              () ->
                  hedge.call(
                      () -> {
                        if (failure instanceof Error error) {
                          throw error;
                        }
                        throw (Exception) failure;
                      }))
          .isSameAs(failure);
      assertThatThrownBy(() -> await(hedge.callAsync(() -> CompletableFuture.failedStage(failure))))
          .isInstanceOf(ExecutionException.class)
          .hasCause(failure);
    }
    assertThat(hedge.snapshot()).isEqualTo(new HedgeSnapshot("search", 4, 0, 0, 0, 4));
  }

  @Test
  void interruptOfTheCallerReachesAllTries() throws Exception {
    var interrupted = new CountDownLatch(2);
    var outcome = new CompletableFuture<Throwable>();
    var caller =
        new Thread(
            () -> {
              try {
                hedge.call(
                    () -> {
                      tries.incrementAndGet();
                      try {
                        return waitForTheGate();
                      } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                      }
                    });
              } catch (Throwable e) {
                outcome.complete(e);
              }
            });
    caller.start();
    Awaitility.await().until(() -> tries.get() == 1);
    ticker.advance(DELAY);
    Awaitility.await().until(() -> tries.get() == 2);
    caller.interrupt();
    assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void hedgesTakeFromTheBudgetAndStopAtTheDeadline() throws Exception {
    var budget = new RetryBudget(new RetryBudgetSettings(0, 0), ticker);
    var poor = new Hedge("poor", SETTINGS, ticker, Optional.of(budget));
    var stage = new CompletableFuture<String>();
    CompletionStage<String> result = poor.callAsync(() -> stage);
    ticker.advance(DELAY);
    Awaitility.await().until(() -> poor.snapshot().hedgesRefused() == 1);
    stage.complete("first");
    assertThat(await(result)).isEqualTo("first");
    assertThat(budget.refused()).isEqualTo(1);

    Deadline deadline = Deadline.after(DELAY, ticker);
    CompletableFuture<String> late = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                late.complete(hedge.call(deadline, this::countAndWait));
              } catch (Exception e) {
                late.completeExceptionally(e);
              }
            });
    Awaitility.await().until(() -> tries.get() == 1);
    ticker.advance(DELAY);
    gate.countDown();
    assertThat(late.get(30, TimeUnit.SECONDS)).isEqualTo("gate open");
    assertThat(hedge.snapshot().hedges()).isZero();
  }

  @Test
  void lateStageIsHedgedAndTheLoserCancelled() throws Exception {
    List<CompletableFuture<String>> stages = new CopyOnWriteArrayList<>();
    CompletionStage<String> result = hedge.callAsync(() -> newStage(stages));
    assertThat(stages).hasSize(1);
    ticker.advance(DELAY);
    Awaitility.await().until(() -> stages.size() == 2);
    stages.get(1).complete("second");
    assertThat(await(result)).isEqualTo("second");
    assertThat(stages.get(0)).isCancelled();
    assertThat(hedge.snapshot()).isEqualTo(new HedgeSnapshot("search", 1, 1, 1, 0, 0));
  }

  @Test
  void stageWaitsForItsFirstTryWhenAHedgeFails() throws Exception {
    List<CompletableFuture<String>> stages = new CopyOnWriteArrayList<>();
    hedge.reconfigure(SETTINGS.withMaxHedges(2));
    CompletionStage<String> result = hedge.callAsync(() -> newStage(stages));
    ticker.advance(DELAY);
    Awaitility.await().until(() -> stages.size() == 2);
    stages.get(1).completeExceptionally(new IOException("second"));
    ticker.advance(DELAY);
    Awaitility.await().until(() -> stages.size() == 3);
    stages.get(0).completeExceptionally(new IOException("first"));
    assertThat(result.toCompletableFuture()).isNotDone();
    stages.get(2).completeExceptionally(new IOException("third"));
    assertThatThrownBy(() -> await(result))
        .cause()
        .hasMessage("first")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly("second", "third"));
  }

  @Test
  void cancelledStageCancelsAllTries() {
    List<CompletableFuture<String>> stages = new CopyOnWriteArrayList<>();
    CompletionStage<String> result = hedge.callAsync(() -> newStage(stages));
    ticker.advance(DELAY);
    Awaitility.await().until(() -> stages.size() == 2);
    result.toCompletableFuture().cancel(false);
    assertThat(stages).allMatch(CompletableFuture::isCancelled);
  }

  @Test
  void stageThatCannotBeCancelledAndSupplierThatThrowsAreBorne() throws Exception {
    var stage = new CompletableFuture<String>();
    assertThatThrownBy(
            () ->
                await(
                    hedge.<String>callAsync(
                        () -> {
                          throw new IllegalStateException("no stage");
                        })))
        .hasRootCauseMessage("no stage");
    CompletionStage<String> result = hedge.callAsync(stage::minimalCompletionStage);
    result.toCompletableFuture().complete("from outside");
    assertThat(await(result)).isEqualTo("from outside");
    assertThat(stage).isNotDone();
  }

  @Test
  void stormGivesEachCallOneOutcome() throws Exception {
    var quick = new Hedge("storm", new HedgeSettings(Duration.ofNanos(1), 2));
    List<Integer> good =
        Storm.of(
            4,
            thread -> {
              var random = new Random(thread);
              int count = 0;
              for (int i = 0; i < 1_000; i++) {
                boolean fails = random.nextInt(4) == 0;
                Callable<String> callable =
                    () -> {
                      Thread.yield();
                      if (fails) {
                        throw new IOException("fails");
                      }
                      return "good";
                    };
                try {
                  count += quick.call(callable).equals("good") ? 1 : 0;
                } catch (IOException e) {
                  assertThat(fails).isTrue();
                }
              }
              return count;
            });
    HedgeSnapshot snapshot = quick.snapshot();
    assertThat(snapshot.calls()).isEqualTo(4_000);
    long all = good.stream().mapToLong(Integer::longValue).sum();
    assertThat(snapshot.failedCalls()).isEqualTo(4_000 - all);
  }

  private String countAndWait() throws InterruptedException {
    tries.incrementAndGet();
    return waitForTheGate();
  }

  private String waitForTheGate() throws InterruptedException {
    assertThat(gate.await(60, TimeUnit.SECONDS)).isTrue();
    return "gate open";
  }

  private static CompletableFuture<String> newStage(List<CompletableFuture<String>> stages) {
    var stage = new CompletableFuture<String>();
    stages.add(stage);
    return stage;
  }

  private CompletableFuture<String> callOnAThread(Callable<String> callable) {
    var result = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(hedge.call(callable));
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
