package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final int EACH = 20_000;

  @Test
  void everyIncrementOfEveryThreadIsCounted() throws Exception {
    var tally = new Tally();
    int threads = 40;
    Storm.of(
        threads,
        thread -> {
          for (int i = 0; i < EACH; i++) {
            tally.increment();
          }
          return null;
        });
    assertThat(tally.sum()).isEqualTo((long) threads * EACH);
  }

  @Test
  void virtualThreadsThatTakeTurnsOnTheirCarriersAreCounted() throws Exception {
    var tally = new Tally();
    tally.makeCells();
    int threads = 200;
    var done = new CountDownLatch(threads);
    for (int thread = 0; thread < threads; thread++) {
      Thread.startVirtualThread(
          () -> {
            for (int i = 0; i < 1_000; i++) {
              tally.increment();
              if (i % 10 == 0) {
                Thread.yield();
              }
            }
            done.countDown();
          });
    }
    done.await();
    assertThat(tally.sum()).isEqualTo(threads * 1_000L);
  }
}
