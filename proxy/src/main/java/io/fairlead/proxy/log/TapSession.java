package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.admin.AdminFeed;
import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who watches requests. Loops put lines in and never wait; what the bound does not hold is
 * dropped and counted. The side loop sends them.
 */
final class TapSession implements AdminFeed {
  private static final long MAX_BYTES = 1 << 20;

  private final TapRequest wanted;
  private final EventLoop loop;
  private final Consumer<TapSession> over;
  private final AtomicInteger left;
  private final ConcurrentLinkedQueue<byte[]> lines = new ConcurrentLinkedQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final LongAdder dropped = new LongAdder();
  private final AtomicBoolean woken = new AtomicBoolean();

  // The rest belongs to the side loop.
  private @Nullable Sink sink;
  private int unsent;
  private boolean ended;

  /**
   * @param over told once when it is over
   */
  TapSession(TapRequest wanted, EventLoop loop, Consumer<TapSession> over) {
    this.wanted = wanted;
    this.loop = loop;
    this.over = over;
    left = new AtomicInteger(wanted.count());
    unsent = wanted.count();
  }

  TapRequest wanted() {
    return wanted;
  }

  /** Whether one more request is shown; whoever is told so offers a line. */
  boolean claim() {
    return left.get() > 0 && left.getAndDecrement() > 0;
  }

  void offer(byte[] line) {
    if (bytes.addAndGet(line.length) > MAX_BYTES) {
      bytes.addAndGet(-line.length);
      dropped.increment();
      lines.add(new byte[0]);
    } else {
      lines.add(line);
    }
    if (woken.compareAndSet(false, true)) {
      loop.execute(this::send);
    }
  }

  @Override
  public void start(Sink to) {
    sink = to;
    loop.schedule(this::end, wanted.longest().toNanos(), TimeUnit.NANOSECONDS);
    send();
  }

  @Override
  public void writable() {
    send();
  }

  private void send() {
    woken.set(false);
    Sink to = sink;
    if (to == null || ended) {
      return;
    }
    while (to.isWritable()) {
      byte[] line = lines.poll();
      if (line == null) {
        break;
      }
      bytes.addAndGet(-line.length);
      unsent--;
      if (line.length > 0) {
        to.write(line);
      }
    }
    if (unsent == 0) {
      end();
    }
  }

  private void end() {
    Sink to = sink;
    if (ended || to == null) {
      return;
    }
    ended = true;
    over.accept(this);
    if (dropped.sum() > 0) {
      to.write(("{\"dropped\":" + dropped.sum() + "}\n").getBytes(US_ASCII));
    }
    to.end();
  }

  @Override
  public void closed() {
    ended = true;
    over.accept(this);
  }
}
