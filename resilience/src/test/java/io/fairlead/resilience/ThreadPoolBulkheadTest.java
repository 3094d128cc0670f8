package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ThreadPoolBulkheadTest {
  private static final ThreadPoolBulkheadSettings ONE_AND_ONE =
      new ThreadPoolBulkheadSettings(1, 1, Duration.ofSeconds(10));

  private final ManualTicker ticker = new ManualTicker();
  private final ThreadPoolBulkhead bulkhead = new ThreadPoolBulkhead("bank", ONE_AND_ONE, ticker);
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void close() {
    gate.countDown();
    bulkhead.closeWithin(Duration.ofSeconds(30));
  }

  @Test
  void defaultsAreTheDocumentedFigures() {
    assertThat(ThreadPoolBulkheadSettings.defaults())
        .isEqualTo(new ThreadPoolBulkheadSettings(10, 100, Duration.ofMinutes(1)));
    assertThatThrownBy(() -> ONE_AND_ONE.withMaxThreads(0))
        .hasMessage("maxThreads: must be 1 to 10000, was 0");
  }

  @Test
  void callBeyondThreadsAndQueueIsRejected() throws Exception {
    CompletableFuture<String> first = submit(this::waitForTheGate);
    CompletableFuture<String> second = submit(() -> "second");
    assertThatThrownBy(() -> bulkhead.submit(() -> "third"))
        .isInstanceOf(BulkheadFullException.class)
        .hasMessage("bulkhead bank is full")
        .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
    await(() -> bulkhead.snapshot().running() == 1);
    assertThat(bulkhead)
        .hasToString("thread pool bulkhead bank: 1 of 1 threads in use, 1 of 1 queued, 1 rejected");
    gate.countDown();
    assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo("gate open");
    assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo("second");
  }

  @Test
  void placeIsFreeAsSoonAsTheResultIsKnown() throws Exception {
    bulkhead.reconfigure(ONE_AND_ONE.withQueueCapacity(0));
    for (int i = 0; i < 5_000; i++) {
      int value = i;
      assertThat(bulkhead.<Integer>call(() -> value)).isEqualTo(value);
    }
    assertThat(bulkhead.snapshot().rejectedCalls()).isZero();
  }

  @Test
  void callRunsOnADaemonNamedAfterTheBulkhead() throws Exception {
    Thread thread = bulkhead.call(Thread::currentThread);
    assertThat(thread.getName()).isEqualTo("bulkhead-bank-1");
    assertThat(thread.isDaemon()).isTrue();
  }

  @Test
  void failureComesOutAsItIs() {
    for (Throwable failure : List.of(new IOException("io"), new StackOverflowError())) {
      Callable<String> failing =
          () -> {
            if (failure instanceof Error error) {
              throw error;
            }
            throw (Exception) failure;
          };
      assertThatThrownBy(() -> bulkhead.call(failing)).isSameAs(failure);
      assertThat(submit(failing)).failsWithin(Duration.ofSeconds(30));
    }
    assertThat(bulkhead.snapshot().running()).isZero();
    assertThat(bulkhead.snapshot().queued()).isZero();
  }

  @Test
  void cancelledCallIsInterruptedAndTheNextOnItsThreadIsNot() throws Exception {
    CompletableFuture<String> first = submit(this::waitForTheGate);
    CompletableFuture<Boolean> second = submit(Thread::interrupted);
    await(() -> bulkhead.snapshot().running() == 1);
    first.cancel(true);
    assertThat(second.get(30, TimeUnit.SECONDS)).isFalse();
    assertThatThrownBy(first::get).isInstanceOf(CancellationException.class);
  }

  @Test
  void stageThatTimesOutEndsItsCall() {
    var interrupted = new CompletableFuture<Boolean>();
    CompletableFuture<String> late =
        submit(
            () -> {
              try {
                return waitForTheGate();
              } catch (InterruptedException e) {
                interrupted.complete(true);
                throw e;
              }
            });
    await(() -> bulkhead.snapshot().running() == 1);
    late.completeExceptionally(new TimeoutException());
    assertThat(interrupted).succeedsWithin(Duration.ofSeconds(30));
  }

  @Test
  void cancelledCallLeavesTheQueueAndItsPlace() throws Exception {
    submit(this::waitForTheGate);
    var ran = new AtomicBoolean();
    CompletableFuture<Boolean> waiting = submit(() -> ran.getAndSet(true));
    waiting.cancel(false);
    await(() -> bulkhead.snapshot().running() == 1);
    assertThat(bulkhead.snapshot().queued()).isZero();
    CompletableFuture<String> other = submit(() -> "other");
    gate.countDown();
    assertThat(other.get(30, TimeUnit.SECONDS)).isEqualTo("other");
    assertThat(ran).isFalse();
  }

  @Test
  void interruptOfTheCallerReachesTheCall() throws Exception {
    var reached = new CompletableFuture<Boolean>();
    var outcome = new CompletableFuture<Boolean>();
    var caller =
        new Thread(
            () -> {
              try {
                bulkhead.call(
                    () -> {
                      try {
                        return waitForTheGate();
                      } catch (InterruptedException e) {
                        reached.complete(true);
                        throw e;
                      }
                    });
              } catch (Exception e) {
                outcome.complete(e instanceof InterruptedException);
              }
            });
    caller.start();
    await(() -> bulkhead.snapshot().running() == 1);
    caller.interrupt();
    assertThat(outcome.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(reached.get(30, TimeUnit.SECONDS)).isTrue();
    await(() -> bulkhead.snapshot().running() == 0);
  }

  @Test
  void waitInTheQueueIsMeasured() throws Exception {
    submit(this::waitForTheGate);
    await(() -> bulkhead.snapshot().running() == 1);
    CompletableFuture<String> second = submit(() -> "second");
    ticker.advance(Duration.ofMillis(30));
    gate.countDown();
    second.get(30, TimeUnit.SECONDS);
    long wait = Duration.ofMillis(30).toNanos();
    assertThat(bulkhead.snapshot())
        .isEqualTo(new ThreadPoolBulkheadSnapshot("bank", 1, 1, 0, 0, 2, 0, wait, wait));
  }

  @Test
  void closeGivesBackWhatWasNotRun() {
    CompletableFuture<String> stubborn = submit(this::ignoreInterrupts);
    Callable<String> never = () -> "never";
    CompletableFuture<String> waiting = submit(never);
    await(() -> bulkhead.snapshot().running() == 1);
    ClosedThreadPool left = bulkhead.closeWithin(Duration.ZERO);
    assertThat(left).isEqualTo(new ClosedThreadPool(List.of(never), 1));
    assertThatThrownBy(waiting::get)
        .hasCauseInstanceOf(BulkheadClosedException.class)
        .hasRootCauseMessage("bulkhead bank is closed");
    assertThatThrownBy(() -> bulkhead.submit(never)).isInstanceOf(BulkheadClosedException.class);
    assertThat(stubborn).isNotDone();
    gate.countDown();
    assertThat(stubborn).succeedsWithin(Duration.ofSeconds(30));
  }

  @Test
  void closeWaitsForWhatWasLetIn() {
    CompletableFuture<String> first = submit(this::waitForTheGate);
    CompletableFuture<String> second = submit(() -> "second");
    gate.countDown();
    assertThat(bulkhead.closeWithin(Duration.ofSeconds(30)).clean()).isTrue();
    assertThat(first).isCompletedWithValue("gate open");
    assertThat(second).isCompletedWithValue("second");
  }

  @Test
  void reconfiguredBulkheadHasMoreThreadsAndThenFewer() throws Exception {
    CompletableFuture<String> first = submit(this::waitForTheGate);
    CompletableFuture<String> second = submit(this::waitForTheGate);
    bulkhead.reconfigure(new ThreadPoolBulkheadSettings(3, 2, Duration.ofSeconds(1)));
    CompletableFuture<String> third = submit(this::waitForTheGate);
    await(() -> bulkhead.snapshot().running() >= 2);
    bulkhead.reconfigure(ONE_AND_ONE);
    assertThatThrownBy(() -> bulkhead.submit(() -> "fourth"))
        .isInstanceOf(BulkheadFullException.class);
    gate.countDown();
    CompletableFuture.allOf(first, second, third).get(30, TimeUnit.SECONDS);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    bulkhead.reconfigure(ONE_AND_ONE.withQueueCapacity(100));
    List<CompletableFuture<Integer>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(
          submit(
              () -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                return running.decrementAndGet();
              }));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    assertThat(most.get()).isEqualTo(1);
  }

  @Test
  void stormOfCallsAndCancellationsLosesNoPlace() throws Exception {
    bulkhead.reconfigure(new ThreadPoolBulkheadSettings(2, 2, Duration.ofSeconds(10)));
    Storm.of(
        4,
        thread -> {
          var random = new Random(thread);
          for (int i = 0; i < 5_000; i++) {
            try {
              CompletableFuture<String> stage = submit(() -> "done");
              if (random.nextBoolean()) {
                stage.cancel(true);
              } else if (random.nextBoolean()) {
                assertThat(stage.get(30, TimeUnit.SECONDS)).isEqualTo("done");
              }
            } catch (BulkheadFullException e) {
              Thread.onSpinWait();
            }
          }
          return null;
        });
    await(() -> bulkhead.snapshot().running() == 0 && bulkhead.snapshot().queued() == 0);
    assertThat(bulkhead.<String>call(() -> "still served")).isEqualTo("still served");
  }

  private <T> CompletableFuture<T> submit(Callable<T> callable) {
    return bulkhead.submit(callable).toCompletableFuture();
  }

  private String waitForTheGate() throws InterruptedException {
    assertThat(gate.await(60, TimeUnit.SECONDS)).isTrue();
    return "gate open";
  }

  private String ignoreInterrupts() {
    while (true) {
      try {
        return waitForTheGate();
      } catch (InterruptedException e) {
        assertThat(gate.getCount()).isEqualTo(1);
      }
    }
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(condition);
  }
}
