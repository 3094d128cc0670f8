package io.fairlead.proxy.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.telemetry.SpanKind;
import io.fairlead.telemetry.SpanRecord;
import io.fairlead.telemetry.SpanStatus;
import io.fairlead.telemetry.TraceContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SpanQueueTest {
  private static SpanRecord span(String name) {
    var context = new TraceContext(1, 2, 3, 0, TraceContext.SAMPLED, "");
    return new SpanRecord(context, SpanKind.SERVER, name, 0, 0, SpanStatus.UNSET, List.of());
  }

  @Test
  void spansBeyondTheBoundAreDroppedAndCounted() {
    SpanQueue queue = new SpanQueue(2, 2);
    queue.offer(span("a"));
    assertThat(queue.refuses()).isFalse();
    queue.offer(span("b"));
    queue.offer(span("c"));
    assertThat(queue.refuses()).isTrue();
    assertThat(queue.dropped()).isEqualTo(2);
    List<SpanRecord> taken = new ArrayList<>();
    queue.drainTo(taken, 10);
    assertThat(taken).extracting(SpanRecord::name).containsExactly("a", "b");
    assertThat(queue.refuses()).isFalse();
    assertThat(queue.size()).isZero();
  }

  @Test
  void batchWakesTheExporterUpOnce() {
    SpanQueue queue = new SpanQueue(10, 2);
    AtomicInteger woken = new AtomicInteger();
    queue.onBatch(woken::incrementAndGet);
    queue.offer(span("a"));
    assertThat(woken).hasValue(0);
    queue.offer(span("b"));
    queue.offer(span("c"));
    assertThat(woken).hasValue(1);
  }

  @Test
  void spansOfManyThreadsAreTakenOrCountedAsDropped() throws InterruptedException {
    int threads = 4;
    int each = 5_000;
    SpanQueue queue = new SpanQueue(64, 16);
    CountDownLatch done = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      Thread.startVirtualThread(
          () -> {
            for (int j = 0; j < each; j++) {
              queue.offer(span("s"));
            }
            done.countDown();
          });
    }
    List<SpanRecord> taken = new ArrayList<>();
    while (done.getCount() > 0) {
      queue.drainTo(taken, 16);
      assertThat(queue.size()).isLessThanOrEqualTo(64 + threads);
    }
    queue.drainTo(taken, 1_000);
    assertThat(taken.size() + queue.dropped()).isEqualTo(threads * each);
    assertThat(queue.size()).isZero();
  }
}
