package io.fairlead.proxy.overload;

import io.fairlead.resilience.Priority;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * How much of its bounds the process uses, and what it refuses because of that. Safe for all
 * threads, without locks; asking whether to refuse reads one field.
 *
 * <p>Memory decides about requests: the higher it is used, the higher a request's {@link Priority}
 * must be. Each effect begins at its share of the bound and ends below it by {@link
 * OverloadSettings#relief}, so that it does not flicker. Connections are counted apart: a full
 * count refuses connections, never requests.
 */
public final class Overload {
  private static final Priority[] PRIORITIES = Priority.values();

  /** Every connection is counted with what it may read before anybody can do something about it. */
  private static final long RESERVED_BYTES = 2_048;

  private final OverloadSettings settings;
  private final LongSupplier buffers;
  private final HeapUse heap = new HeapUse(Runtime.getRuntime().maxMemory());
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder[] shed = new LongAdder[PRIORITIES.length];
  private final LongAdder refused = new LongAdder();
  private final LongAdder evicted = new LongAdder();
  private volatile double bufferShare;
  private volatile double heapShare;

  /** The least important priority that is refused; as many as there are priorities for none. */
  private volatile int refusedFrom = PRIORITIES.length;

  private volatile boolean crowded;
  private volatile Runnable alarm = () -> {};

  /**
   * @param buffers octets that are in buffers now; called by any thread
   */
  public Overload(OverloadSettings settings, LongSupplier buffers) {
    this.settings = settings;
    this.buffers = buffers;
    for (int i = 0; i < shed.length; i++) {
      shed[i] = new LongAdder();
    }
  }

  public OverloadSettings settings() {
    return settings;
  }

  /** Is told whenever a look finds the buffers full, on the thread that looks. */
  public void onFull(Runnable told) {
    alarm = told;
  }

  /**
   * Looks at the buffers anew. Two threads may do so at a time: what they find differs little, and
   * the next look is near. Full is found by two readings in a row: the allocator adds up its chunks
   * while other threads use them, and one that passes from list to list meanwhile counts twice.
   */
  public void measure() {
    double share = shareOfBuffers();
    if (share >= settings.full()) {
      share = Math.min(share, shareOfBuffers());
    }
    bufferShare = share;
    refusedFrom = refusedFrom(refusedFrom, Math.max(share, heapShare));
    if (share >= settings.full()) {
      alarm.run();
    }
  }

  private double shareOfBuffers() {
    long reserved = connections.get() * RESERVED_BYTES;
    return (double) (buffers.getAsLong() + reserved) / settings.maxBufferBytes();
  }

  /** Looks at heap and connections too; for one thread. */
  public void measureAll() {
    Runtime runtime = Runtime.getRuntime();
    heapShare = heap.look(runtime.totalMemory() - runtime.freeMemory());
    double share = connectionShare();
    double begin = settings.shares().critical();
    crowded = share >= begin || crowded && share >= begin - settings.relief();
    measure();
  }

  /** Whoever was refused already is refused until the use is well below. */
  int refusedFrom(int before, double used) {
    int from = PRIORITIES.length;
    for (int i = PRIORITIES.length - 1; i >= 0; i--) {
      double begin = i == 0 ? settings.full() : settings.shares().share(PRIORITIES[i]);
      boolean goesOn = before <= i && used >= begin - settings.relief();
      if (used < begin && !goesOn) {
        return from;
      }
      from = i;
    }
    return from;
  }

  /** Whether requests of any priority are refused. */
  public boolean isShedding() {
    return refusedFrom < PRIORITIES.length;
  }

  /** Whether requests of this priority are refused. */
  public boolean refuses(Priority priority) {
    return priority.ordinal() >= refusedFrom;
  }

  /** Whether a request of this priority is refused; then it is counted. */
  public boolean sheds(Priority priority) {
    if (!refuses(priority)) {
      return false;
    }
    shed[priority.ordinal()].increment();
    return true;
  }

  /** Whether memory is short, so that every connection must do with less. */
  public boolean isTight() {
    return refusedFrom <= Priority.CRITICAL.ordinal();
  }

  /** Whether nothing at all may be taken any more. */
  public boolean isFull() {
    return refusedFrom == 0;
  }

  /** Octets that must be given back for it to be full no longer. */
  public long excessBytes() {
    double end = settings.full() - settings.relief();
    return isFull() ? (long) ((bufferShare - end) * settings.maxBufferBytes()) : 0;
  }

  /** Whether there are so many connections that those doing nothing should go. */
  public boolean isCrowded() {
    return crowded;
  }

  /** Connections that must go for there to be a crowd no longer. */
  public int excessConnections() {
    double end = settings.shares().critical() - settings.relief();
    return Math.max(1, connections.get() - (int) (end * settings.maxConnections()) + 1);
  }

  /** Takes the place of a connection; false if there is none left. */
  public boolean connect() {
    if (connections.incrementAndGet() <= settings.maxConnections()) {
      return true;
    }
    connections.decrementAndGet();
    refused.increment();
    return false;
  }

  /** Gives the place of a connection back. */
  public void disconnected() {
    connections.decrementAndGet();
  }

  /** A connection was cut off for the memory that it held. */
  public void evict() {
    evicted.increment();
  }

  /** Octets in buffers by their bound; 1 is full. */
  public double bufferShare() {
    return bufferShare;
  }

  /** The heap in use after the last collection by its size; 0 as long as it is no concern. */
  public double heapShare() {
    return heapShare;
  }

  /** Connections of clients by their bound; 1 is full. */
  public double connectionShare() {
    return (double) connections.get() / settings.maxConnections();
  }

  /** Requests of this priority refused since the start. */
  public long shed(Priority priority) {
    return shed[priority.ordinal()].sum();
  }

  /** Requests of any priority refused since the start. */
  public long shed() {
    long sum = 0;
    for (LongAdder adder : shed) {
      sum += adder.sum();
    }
    return sum;
  }

  /** Connections refused since the start, the count being full. */
  public long refusedConnections() {
    return refused.sum();
  }

  /** Connections cut off since the start. */
  public long evictions() {
    return evicted.sum();
  }
}
