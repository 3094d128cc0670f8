package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class BulkheadTest {
  private static final BulkheadSettings TWO = BulkheadSettings.defaults().withMaxConcurrentCalls(2);
  private static final BulkheadSettings PATIENT = TWO.withMaxWait(Duration.ofMinutes(1));

  /** Permits that a test holds, the newest first. */
  private final Deque<Long> held = new ConcurrentLinkedDeque<>();

  @Test
  void callAboveTheMaximumIsRejectedAtOnce() {
    var bulkhead = new Bulkhead("bank", TWO);
    assertThat(take(bulkhead)).isTrue();
    assertThat(take(bulkhead)).isTrue();
    assertThat(take(bulkhead)).isFalse();
    release(bulkhead);
    assertThat(take(bulkhead)).isTrue();
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 2, 0, 1));
    assertThat(bulkhead).hasToString("bulkhead bank: 2 of 2 in use, 0 waiting, 1 rejected");
  }

  @Test
  void releaseWithoutACallIsRefusedAndChangesNothing() {
    var bulkhead = new Bulkhead("bank", TWO);
    assertThatIllegalStateException()
        .isThrownBy(() -> bulkhead.release(Bulkhead.REJECTED))
        .withMessage("bulkhead bank: released more often than acquired");
    assertThat(take(bulkhead)).isTrue();
    assertThat(take(bulkhead)).isTrue();
    assertThat(take(bulkhead)).isFalse();
  }

  @Test
  void permitGivenBackTwiceIsRefusedAlsoWhenItsPlaceWasTakenAgain() {
    var bulkhead = new Bulkhead("bank", TWO.withMaxConcurrentCalls(1));
    long first = bulkhead.tryAcquire();
    bulkhead.release(first);
    assertThatIllegalStateException().isThrownBy(() -> bulkhead.release(first));
    long second = bulkhead.tryAcquire();
    assertThatIllegalStateException().isThrownBy(() -> bulkhead.release(first));
    assertThat(bulkhead.inUse()).isEqualTo(1);
    bulkhead.release(second);
    assertThat(bulkhead.isAtRest()).isTrue();
  }

  @Test
  void moreThanHaveCellsAreBoundedByACounter() {
    int many = Places.MOST_CELLS + 1;
    var bulkhead = new Bulkhead("bank", TWO.withMaxConcurrentCalls(many));
    for (int i = 0; i < many; i++) {
      assertThat(take(bulkhead)).isTrue();
    }
    assertThat(take(bulkhead)).isFalse();
    release(bulkhead);
    assertThat(bulkhead.inUse()).isEqualTo(many - 1);
    bulkhead.reconfigure(TWO.withMaxConcurrentCalls(many - 1));
    assertThat(take(bulkhead)).isFalse();
    release(bulkhead);
    assertThat(take(bulkhead)).isTrue();
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
    take(bulkhead);
    take(bulkhead);
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
    take(bulkhead);
    take(bulkhead);
    CompletableFuture<Boolean> waiter = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 1);
    assertThat(waiter).isNotDone();
    release(bulkhead);
    assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 2, 0, 0));
  }

  @Test
  void waitEndsByTheTickerAndRejects() throws Exception {
    var ticker = new ManualTicker();
    var bulkhead = new Bulkhead("bank", TWO.withMaxWait(Duration.ofMillis(5)), ticker);
    take(bulkhead);
    take(bulkhead);
    CompletableFuture<Boolean> waiter = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 1);
    ticker.advance(Duration.ofMillis(5));
    assertThat(waiter.get(30, TimeUnit.SECONDS)).isFalse();
    assertThat(bulkhead.snapshot()).isEqualTo(new BulkheadSnapshot("bank", 2, 2, 0, 1));
  }

  @Test
  void oneMoreThanMayWaitIsRejectedAtOnce() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT.withMaxWaitingCalls(1));
    take(bulkhead);
    take(bulkhead);
    CompletableFuture<Boolean> waiter = acquireOnAThread(bulkhead);
    awaitWaiting(bulkhead, 1);
    assertThat(bulkhead.acquire()).isEqualTo(Bulkhead.REJECTED);
    release(bulkhead);
    assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void interruptedWaiterLeavesAndTheNextStillGetsItsTurn() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT);
    take(bulkhead);
    take(bulkhead);
    var interrupted = new CompletableFuture<Boolean>();
    var first =
        new Thread(
            () -> {
              try {
                interrupted.complete(bulkhead.acquire() >= 0);
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
    release(bulkhead);
    assertThat(second.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void raisedMaximumWakesAllThatNowMayRun() throws Exception {
    var bulkhead = new Bulkhead("bank", PATIENT);
    take(bulkhead);
    take(bulkhead);
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
    take(bulkhead);
    take(bulkhead);
    bulkhead.reconfigure(TWO.withMaxConcurrentCalls(1));
    assertThat(bulkhead.inUse()).isEqualTo(2);
    release(bulkhead);
    assertThat(take(bulkhead)).isFalse();
    release(bulkhead);
    assertThat(take(bulkhead)).isTrue();
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
    take(bulkhead);
    take(bulkhead);
    int callers = 1_000;
    var done = new CountDownLatch(callers);
    for (int i = 0; i < callers; i++) {
      Thread.ofVirtual().start(() -> callOnce(bulkhead, done));
    }
    // Far more wait than there are carriers, so none of them holds one.
    awaitWaiting(bulkhead, callers);
    release(bulkhead);
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(bulkhead.inUse()).isEqualTo(1);
  }

  private boolean take(Bulkhead bulkhead) {
    return keep(bulkhead.tryAcquire());
  }

  private boolean keep(long permit) {
    if (permit < 0) {
      return false;
    }
    held.push(permit);
    return true;
  }

  private void release(Bulkhead bulkhead) {
    bulkhead.release(held.pop());
  }

  private static void callOnce(Bulkhead bulkhead, CountDownLatch done) {
    try {
      bulkhead.call(() -> done);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    done.countDown();
  }

  private CompletableFuture<Boolean> acquireOnAThread(Bulkhead bulkhead) {
    var result = new CompletableFuture<Boolean>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(keep(bulkhead.acquire()));
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
