package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How far the sums of a count window are from those of the last N outcomes, when many add. */
@Timeout(120)
class CountWindowStormTest {
  private static final int SIZE = 16_000;
  private static final int ROUND = 8_000;
  private static final int ROUNDS = 20;

  /** What the class comment allows, written down here again so that the code cannot move it. */
  private static final int MAX_WAITING = 64;

  private static final CircuitRules NEVER =
      new CircuitRules(
          CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(1_000_000), Ticker.system());

  private static final int FAILED = CircuitWindow.CALL | CircuitWindow.FAILED;

  @Test
  void atRestNoMoreSuccessesWaitThanOneStripeOfEachThread() throws Exception {
    for (int threads : new int[] {1, 2, 4}) {
      var window = new CountWindow(SIZE);
      add(window, FAILED, SIZE);
      Storm.of(
          threads,
          thread -> {
            add(window, CircuitWindow.CALL, 10 * SIZE);
            return null;
          });
      add(window, FAILED, 1);
      Storm.of(
          threads,
          thread -> {
            add(window, CircuitWindow.CALL, SIZE / 2 / threads);
            return null;
          });
      // Those that wait have not pushed the failure on; placing them does, and no further.
      assertThat(window.waiting()).isBetween(1, threads * MAX_WAITING);
      assertThat(window.outcomes().failures()).isEqualTo(1);
      assertThat(window.waiting()).isZero();
    }
  }

  @Test
  void oneFailureStaysForTheLastCallsAndGoesAfterThem() throws Exception {
    int threads = 4;
    for (int round = 0; round < ROUNDS; round++) {
      var window = new CountWindow(SIZE);
      add(window, FAILED, SIZE);
      add(window, CircuitWindow.CALL, SIZE);
      add(window, FAILED, 1);
      // Plain successes alone cannot overtake one another, so this is exact.
      addTogether(window, threads, SIZE - threads);
      assertThat(window.outcomes()).isEqualTo(new Outcomes(SIZE, 1, 0));
      add(window, CircuitWindow.CALL, threads - 1);
      assertThat(window.outcomes()).isEqualTo(new Outcomes(SIZE, 1, 0));
      add(window, CircuitWindow.CALL, 1);
      assertThat(window.outcomes()).isEqualTo(new Outcomes(SIZE, 0, 0));
    }
  }

  private static void addTogether(CountWindow window, int threads, int successes) throws Exception {
    Storm.of(
        threads,
        thread -> {
          add(window, CircuitWindow.CALL, successes / threads);
          return null;
        });
  }

  @Test
  void sumsAtRestAreThoseOfTheLastCallsWithinTheBound() throws Exception {
    int threads = 4;
    int bound = threads * (threads * MAX_WAITING + 1);
    var window = new CountWindow(SIZE);
    var log = new Log(threads * ROUND * ROUNDS);
    var barrier = new CyclicBarrier(threads);
    Storm.of(
        threads,
        thread -> {
          var random = new Random(thread);
          for (int round = 0; round < ROUNDS; round++) {
            // Bursts, so that what is near the edge of the window differs from what is in it.
            int badness = round % 2 == 0 ? 2 : 60;
            for (int i = 0; i < ROUND; i++) {
              boolean failed = random.nextInt(100) < badness;
              log.add(window, failed);
            }
            barrier.await(60, TimeUnit.SECONDS);
            if (thread == 0) {
              Outcomes sums = window.outcomes();
              assertThat(sums).isEqualTo(window.recount());
              assertThat(sums.calls()).isEqualTo(SIZE);
              assertThat(sums.failures())
                  .as("round %d", round)
                  .isBetween(log.failures(SIZE) - bound, log.failures(SIZE) + bound);
            }
            barrier.await(60, TimeUnit.SECONDS);
          }
          return null;
        });
  }

  /** Outcomes by a ticket taken before each is added; read only when nobody adds. */
  private static final class Log {
    private final AtomicInteger tickets = new AtomicInteger();
    private final AtomicIntegerArray failed;

    Log(int calls) {
      failed = new AtomicIntegerArray(calls);
    }

    void add(CountWindow window, boolean fails) {
      if (fails) {
        failed.set(tickets.getAndIncrement(), 1);
        window.add(FAILED, NEVER);
      } else {
        tickets.getAndIncrement();
        window.add(CircuitWindow.CALL, NEVER);
      }
    }

    long failures(int last) {
      int end = tickets.get();
      long sum = 0;
      for (int ticket = end - last; ticket < end; ticket++) {
        sum += failed.get(ticket);
      }
      return sum;
    }
  }

  private static void add(CountWindow window, int outcome, int times) {
    for (int i = 0; i < times; i++) {
      window.add(outcome, NEVER);
    }
  }
}
