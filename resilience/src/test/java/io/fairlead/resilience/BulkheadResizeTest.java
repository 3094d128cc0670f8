package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BulkheadResizeTest {
  private static final BulkheadSettings ONE = BulkheadSettings.defaults().withMaxConcurrentCalls(1);

  @Test
  void permitsTakenWhileTheMaximumChangesAreAllGivenBack() throws Exception {
    var bulkhead = new Bulkhead("bank", ONE);
    int threads = 4;
    var running = new AtomicInteger(threads - 1);
    Storm.of(
        threads,
        thread -> {
          if (thread == 0) {
            for (int i = 0; running.get() > 0; i++) {
              bulkhead.reconfigure(ONE.withMaxConcurrentCalls(i % 2 == 0 ? 2 : 200));
            }
            return null;
          }
          try {
            for (int i = 0; i < 200_000; i++) {
              long permit = bulkhead.tryAcquire();
              if (permit >= 0) {
                bulkhead.release(permit);
              }
            }
          } finally {
            running.decrementAndGet();
          }
          return null;
        });
    assertThat(bulkhead.inUse()).isZero();
  }

  @Test
  void waitersGetEveryPlaceWhileTheMaximumChanges() throws Exception {
    BulkheadSettings patient = ONE.withMaxWait(Duration.ofMinutes(5)).withMaxWaitingCalls(1_000);
    var bulkhead = new Bulkhead("bank", patient);
    int threads = 6;
    var running = new AtomicInteger(threads - 1);
    Storm.of(
        threads,
        thread -> {
          for (int i = 0; thread == 0 && running.get() > 0; i++) {
            bulkhead.reconfigure(patient.withMaxConcurrentCalls(1 + i % 3));
          }
          for (int i = 0; thread > 0 && i < 5_000; i++) {
            bulkhead.call(() -> "done");
          }
          running.decrementAndGet();
          return null;
        });
    assertThat(bulkhead.isAtRest()).isTrue();
    assertThat(bulkhead.snapshot().rejectedCalls()).isZero();
  }

  @Test
  void changesOfTheMaximumKeepNothingOfCallsThatEnded() {
    var places = new Places(1);
    long hung = places.take();
    long last = Places.NONE;
    for (int i = 0; i < 100; i++) {
      places = places.resized(2 + i % 2);
      if (last >= 0) {
        assertThat(places.giveBack(last)).isTrue();
      }
      last = places.take();
      assertThat(last).isNotNegative();
      assertThat(places.depth()).isLessThanOrEqualTo(3);
    }
    assertThat(places.giveBack(hung)).isTrue();
  }
}
