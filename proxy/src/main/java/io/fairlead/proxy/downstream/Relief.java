package io.fairlead.proxy.downstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.overload.Overload;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acts on connections when the process comes near its bounds. Looks on an event loop which is none
 * of those that serve; what it does with a connection happens on the connection's own.
 *
 * <ul>
 *   <li>Memory is short: every connection may hold a few octets only, so that a slow reader holds
 *       up its own answer and nothing else.
 *   <li>Memory is full: nothing is accepted, and those who hold most are cut off.
 *   <li>Connections are many: those that do nothing are closed.
 * </ul>
 */
public final class Relief {
  private static final Logger LOG = LoggerFactory.getLogger(Relief.class);
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long URGENT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  /** It is over, for the log, once it has been calm for so long. */
  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Cutting off whoever holds less would help nobody. */
  private static final long WORTH_EVICTING_BYTES = 4 << 10;

  /** A collection of the whole heap is dear, so there is one in so much time at most. */
  private static final long COLLECTION_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Overload overload;
  private final Loops loops;
  private final EventLoop eventLoop;
  private final Supplier<? extends Collection<ListenerPort>> ports;
  private final AtomicIntegerArray evicting;
  private long collectedNanos = System.nanoTime() - COLLECTION_NANOS;
  private boolean tight;
  private boolean full;
  private boolean told;
  private long calmSince;
  private long shedBefore;
  private long refusedBefore;
  private long evictedBefore;

  /**
   * @param eventLoop on which everything happens
   * @param ports those that are open; asked on that loop
   */
  public Relief(
      Loops loops, EventLoop eventLoop, Supplier<? extends Collection<ListenerPort>> ports) {
    this.loops = loops;
    this.eventLoop = eventLoop;
    this.ports = ports;
    overload = loops.overload();
    evicting = new AtomicIntegerArray(loops.all().size());
  }

  /** Begins; ends with its event loop. */
  public void start() {
    overload.onFull(this::alarm);
    eventLoop.execute(this::tick);
  }

  /** Memory is given back at once, whoever finds out; the rest follows. */
  private void alarm() {
    boolean first = false;
    for (Loop loop : loops.all()) {
      // A loop that is held up must not keep the others from it.
      if (evicting.compareAndSet(loop.index(), 0, 1)) {
        first = true;
        loop.execute(() -> evict(loop));
      }
    }
    if (first) {
      eventLoop.execute(this::act);
    }
  }

  private void tick() {
    act();
    long wait = overload.isTight() ? URGENT_NANOS : PERIOD_NANOS;
    eventLoop.schedule(this::tick, wait, TimeUnit.NANOSECONDS);
  }

  private void act() {
    overload.measureAll();
    collectIfShort();
    if (tight != overload.isTight()) {
      tight = !tight;
      WriteBufferWaterMark mark = tight ? Loop.LOW_WATER_MARK : Loop.WATER_MARK;
      ports.get().forEach(port -> port.waterMark(mark));
      loops.all().forEach(loop -> loop.execute(() -> loop.waterMark(mark)));
    }
    if (full != overload.isFull()) {
      full = !full;
      ports.get().forEach(full ? ListenerPort::pause : ListenerPort::resume);
    }
    if (overload.isCrowded()) {
      AtomicInteger left = new AtomicInteger(overload.excessConnections());
      ports.get().forEach(port -> port.closeIdle(left));
    }
    tell();
  }

  /**
   * A process that refuses its work makes little garbage, so nothing else may cause a collection,
   * and without one nobody knows that the heap has room again. It also tells a heap that is full
   * from one with garbage that an incomplete collection left.
   */
  private void collectIfShort() {
    long now = System.nanoTime();
    boolean isShort = overload.heapShare() >= overload.settings().shares().critical();
    if (isShort && now - collectedNanos >= COLLECTION_NANOS) {
      collectedNanos = now;
      System.gc();
    }
  }

  private void evict(Loop loop) {
    evicting.set(loop.index(), 0);
    cutOff(loop, overload.excessBytes() / loops.all().size());
  }

  /** Cuts off those who hold most until so many octets are given back; on that loop. */
  private void cutOff(Loop loop, long bytes) {
    record Holder(Held held, long bytes) {}

    List<Holder> holders = new ArrayList<>();
    for (ListenerPort port : ports.get()) {
      for (Held held : port.connectionsOf(loop)) {
        long holds = held.bytes();
        if (holds >= WORTH_EVICTING_BYTES) {
          holders.add(new Holder(held, holds));
        }
      }
    }
    holders.sort(Comparator.comparingLong(Holder::bytes).reversed());
    long left = bytes;
    for (Holder holder : holders) {
      if (left <= 0) {
        return;
      }
      left -= holder.bytes;
      overload.evict();
      holder.held.cutOff();
    }
  }

  /** One line when it begins and one when it is over. */
  private void tell() {
    boolean pressed =
        overload.isShedding() || overload.isCrowded() || overload.connectionShare() >= 1;
    long now = System.nanoTime();
    if (pressed) {
      calmSince = now;
    }
    if (pressed && !told) {
      told = true;
      LOG.warn(
          "overload: buffers {} % of {} octets, heap {} %, connections {} % of {}; refusing by"
              + " priority",
          percent(overload.bufferShare()),
          overload.settings().maxBufferBytes(),
          percent(overload.heapShare()),
          percent(overload.connectionShare()),
          overload.settings().maxConnections());
    } else if (!pressed && told && now - calmSince >= CALM_NANOS) {
      told = false;
      LOG.warn(
          "overload is over: {} requests and {} connections were refused, {} cut off",
          overload.shed() - shedBefore,
          overload.refusedConnections() - refusedBefore,
          overload.evictions() - evictedBefore);
      shedBefore = overload.shed();
      refusedBefore = overload.refusedConnections();
      evictedBefore = overload.evictions();
    }
  }

  private static long percent(double share) {
    return Math.round(share * 100);
  }
}
