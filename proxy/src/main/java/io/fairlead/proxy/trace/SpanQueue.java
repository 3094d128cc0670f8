package io.fairlead.proxy.trace;

import io.fairlead.telemetry.SpanRecord;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Finished spans on their way to the exporter. What exceeds the bound is dropped and counted, since
 * spans must never hold requests up. Any thread puts in, without locks; one takes out.
 */
public final class SpanQueue {
  private final ConcurrentLinkedQueue<SpanRecord> spans = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final LongAdder dropped = new LongAdder();
  private final int capacity;
  private final int batch;
  private volatile Runnable wakeUp = () -> {};

  /**
   * @param capacity spans that may wait
   * @param batch when so many wait, the exporter is woken up
   */
  SpanQueue(int capacity, int batch) {
    this.capacity = capacity;
    this.batch = batch;
  }

  /** Has this run, on any thread, when a batch is there. */
  void onBatch(Runnable action) {
    wakeUp = action;
  }

  /** Whether another span would be dropped, so that it need not even be made; it counts as such. */
  boolean refuses() {
    if (size.get() < capacity) {
      return false;
    }
    dropped.increment();
    return true;
  }

  /** Takes the span or drops it. */
  void offer(SpanRecord span) {
    int present = size.incrementAndGet();
    if (present > capacity) {
      size.decrementAndGet();
      dropped.increment();
      return;
    }
    spans.add(span);
    if (present == batch) {
      wakeUp.run();
    }
  }

  /** Moves up to so many spans into the list. */
  void drainTo(List<SpanRecord> list, int most) {
    for (int i = 0; i < most; i++) {
      @Nullable SpanRecord span = spans.poll();
      if (span == null) {
        return;
      }
      size.decrementAndGet();
      list.add(span);
    }
  }

  int size() {
    return size.get();
  }

  /** Counts spans that will never be exported. */
  void drop(int count) {
    dropped.add(count);
  }

  /** Spans that were not exported since the start. */
  public long dropped() {
    return dropped.sum();
  }
}
