package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ClusterLoadTest {
  @Test
  void neverMoreAttemptsThanMayBeUnderWay() throws InterruptedException {
    ClusterLoad load = new ClusterLoad();
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int round = 0; round < 50_000; round++) {
                      if (load.begin(2)) {
                        most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                        underWay.decrementAndGet();
                        load.end();
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(1, 2);
    // Every place was given back.
    assertThat(load.begin(2)).isTrue();
    assertThat(load.begin(2)).isTrue();
    assertThat(load.begin(2)).isFalse();
    load.end();
    assertThat(load.begin(2)).isTrue();
  }

  @Test
  void waitingAttemptsOfAllLinesAddUp() {
    ClusterLoad load = new ClusterLoad();
    WaitingLine line = new WaitingLine(load);
    assertThat(line.poll()).isNull();
    assertThat(load.waiting()).isZero();
    load.waitingChanged(3);
    assertThat(load.waiting()).isEqualTo(3);
  }
}
