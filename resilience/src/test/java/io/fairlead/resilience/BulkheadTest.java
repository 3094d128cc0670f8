package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class BulkheadTest {
  private static final BulkheadSettings TWO = BulkheadSettings.defaults().withMaxConcurrentCalls(2);
  private static final BulkheadSettings PATIENT = TWO.withMaxWait(Duration.ofMinutes(1));

  @Test
  void callAboveTheMaximumIsRejectedAtOnce() {
    var bulkhead = new Bulkhead("bank", TWO);
    assertThat(bulkhead.tryAcquire()).isTrue();
    assertThat(bulkhead.tryAcquire()).isTrue();
    assertThat(bulkhead.tryAcquire()).isFalse();
    bulkhead.release();
    assertThat(bulkhead.tryAcquire()).isTrue();
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 2, 0, 1));
    assertThat(bulkhead).hasToString("bulkhead bank: 2 of 2 in use, 0 waiting, 1 rejected");
  }

  @Test
  void releaseWithoutACallIsRefusedAndChangesNothing() {
    var bulkhead = new Bulkhead("bank", TWO);
    assertThatIllegalStateException()
        .isThrownBy(bulkhead::release)
        .withMessage("bulkhead bank: released more often than acquired");
    assertThat(bulkhead.tryAcquire()).isTrue();
    assertThat(bulkhead.tryAcquire()).isTrue();
    assertThat(bulkhead.tryAcquire()).isFalse();
  }

  @Test
  void callThatThrowsAnErrorGivesItsTurnBack() {
    var bulkhead = new Bulkhead("bank", TWO);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(
              () ->
                  bulkhead.call(
                      () -> {
                        throw new StackOverflowError();
                      }))
          .isInstanceOf(StackOverflowError.class);
    }
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void rejectedCallIsNotMadeAndHasNoStackTrace() throws Exception {
    var bulkhead = new Bulkhead("bank", TWO);
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    assertThatThrownBy(
            () ->
                bulkhead.call(
                    () -> {
                      throw new AssertionError("called");
                    }))
        .isInstanceOf(BulkheadFullException.class)
        .hasMessage("bulkhead bank is full")
        .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
  }

  @Test
  void waitingCallRunsWhenAnotherEnds() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT);
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    CompletableFuture<Boolean> waiter = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 1);
    assertThat(waiter).isNotDone();
    bulkhead.release();
    assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 2, 0, 0));
  }

  @Test
  void waitEndsByTheTickerAndRejects() throws Exception {
    var ticker = new ManualTicker();
    var bulkhead = new Bulkhead("bank", TWO.withMaxWait(Duration.ofMillis(5)), ticker);
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    CompletableFuture<Boolean> waiter = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 1);
    ticker.advance(Duration.ofMillis(5));
    assertThat(waiter.get(30, TimeUnit.SECONDS)).isFalse();
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 2, 0, 1));
  }

  @Test
  void oneMoreThanMayWaitIsRejectedAtOnce() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT.withMaxWaitingCalls(1));
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    CompletableFuture<Boolean> waiter = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 1);
    assertThat(bulkhead.acquire()).isFalse();
    bulkhead.release();
    assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void interruptedWaiterLeavesAndTheNextStillGetsItsTurn() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT);
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    var interrupted = new CompletableFuture<Boolean>();
    var first =
        new Thread(
            () -> {
              try {
                interrupted.complete(bulkhead.acquire());
              } catch (InterruptedException e) {
                interrupted.completeExceptionally(e);
              }
            });
    first.start();
    awaitWaiting(bulkhead, 1);
    CompletableFuture<Boolean> second = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 2);
    first.interrupt();
    assertThatThrownBy(() -> interrupted.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
    bulkhead.release();
    assertThat(second.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void raisedMaximumWakesAllThatNowMayRun() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT);
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    List<CompletableFuture<Boolean>> waiters =
        List.of(acquireOnAThread(bulkhead), acquireOnAThread(bulkhead));
    awaitWaiting(bulkhead, 2);
    bulkhead.reconfigure(PATIENT.withMaxConcurrentCalls(4));
    for (CompletableFuture<Boolean> waiter : waiters) {
      assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(bulkhead.inUse()).isEqualTo(4);
  }

  @Test
  void loweredMaximumLetsRunningCallsEnd() {
    var bulkhead = new Bulkhead("bank", TWO);
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    bulkhead.reconfigure(TWO.withMaxConcurrentCalls(1));
    assertThat(bulkhead.inUse()).isEqualTo(2);
    bulkhead.release();
    assertThat(bulkhead.tryAcquire()).isFalse();
    bulkhead.release();
    assertThat(bulkhead.tryAcquire()).isTrue();
  }

  @Test
  void stormOfWaitingCallsNeverExceedsTheMaximumAndLosesNoTurn() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    Storm.of(
        8,
        thread -> {
          for (int i = 0; i < 2_000; i++) {
            bulkhead.call(
                () -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  Thread.yield();
                  return running.decrementAndGet();
                });
          }
          return null;
        });
    assertThat(most.get()).isEqualTo(2);
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 0, 0, 0));
  }

  @Test
  void virtualThreadsWaitWithoutHoldingTheirCarriers() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT.withMaxWaitingCalls(1_000_000));
    bulkhead.tryAcquire();
    bulkhead.tryAcquire();
    int callers = 1_000;
    var done = new CountDownLatch(callers);
    for (int i = 0; i < callers; i++) {
      Thread.ofVirtual().start(() -> callOnce(bulkhead, done));
    }
    // Far more wait than there are carriers, so none of them holds one.
    awaitWaiting(bulkhead, callers);
    bulkhead.release();
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(bulkhead.inUse()).isEqualTo(1);
  }

  private static void callOnce(Bulkhead bulkhead, CountDownLatch done) {
    try {
      bulkhead.call(() -> done);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    done.countDown();
  }

  private static CompletableFuture<Boolean> acquireOnAThread(Bulkhead bulkhead) {
    var result = new CompletableFuture<Boolean>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(bulkhead.acquire());
              } catch (InterruptedException e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private static void awaitWaiting(Bulkhead bulkhead, int waiting) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> bulkhead.snapshot().waiting() == waiting);
  }
}
