package io.fairlead.proxy.loop;

import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.proxy.http1.ResponseParser;
import io.fairlead.proxy.http2.Http2Scratch;
import io.fairlead.proxy.overload.MemoryGauge;
import io.fairlead.resilience.Ticker;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One event loop with everything that its connections share: parsers on reused arrays, the clock,
 * random numbers and the channels to flush. A connection and all that belongs to its requests stay
 * on one loop, so nothing here is shared between threads and nothing is locked.
 *
 * <p>Methods may be called on the loop's own thread only, but for {@link #index} and {@link
 * #execute}.
 */
public final class Loop {
  /** Fields, path and host that a proxy adds to a head at most. */
  private static final int ADDED_BYTES = 16 << 10;

  /** Above it the other side of a connection pair is not read until half of it is written. */
  public static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(128 << 10, 256 << 10);

  /** The same when memory is short. */
  public static final WriteBufferWaterMark LOW_WATER_MARK =
      new WriteBufferWaterMark(8 << 10, 16 << 10);

  private final int index;
  private final EventLoop eventLoop;
  private final ByteBufAllocator allocator;
  private final Ticker ticker;
  private final RequestParser requests;
  private final ResponseParser responses;
  private final HeadWriter writer;
  private final Http1Limits limits;
  private final MemoryGauge memory;
  private final ReceiveBuffers receiveBuffers;
  private final Set<Channel> adopted = new HashSet<>();
  private @Nullable Http2Scratch http2;
  private final SplittableRandom random = new SplittableRandom();
  private final List<Channel> dirty = new ArrayList<>();
  private int flushed;
  private long turnNanos;
  private boolean isTurnRead;
  private final Runnable flush = this::flush;

  Loop(
      int index,
      EventLoop eventLoop,
      ByteBufAllocator allocator,
      Ticker ticker,
      Http1Limits limits,
      MemoryGauge memory) {
    this.index = index;
    this.allocator = allocator;
    this.eventLoop = eventLoop;
    this.ticker = ticker;
    this.limits = limits;
    this.memory = memory;
    receiveBuffers = new ReceiveBuffers(memory);
    requests = new RequestParser(limits);
    responses = new ResponseParser(limits);
    writer = new HeadWriter(limits, ADDED_BYTES);
  }

  /** The place of this loop among all, from 0. */
  public int index() {
    return index;
  }

  public EventLoop eventLoop() {
    return eventLoop;
  }

  /** Makes every buffer of this loop's connections. */
  public ByteBufAllocator allocator() {
    return allocator;
  }

  /** Sets up how a connection of this loop is read and written. */
  public void prepare(Channel channel) {
    channel.config().setRecvByteBufAllocator(receiveBuffers);
    channel.config().setWriteBufferWaterMark(isTight() ? LOW_WATER_MARK : WATER_MARK);
  }

  /** Prepares a connection that this loop opens, and looks after it until it is closed. */
  <C extends Channel> C adopt(C channel) {
    prepare(channel);
    adopted.add(channel);
    channel.closeFuture().addListener(closed -> adopted.remove(channel));
    return channel;
  }

  /** How much the connections that this loop has opened may have to send from now on. */
  public void waterMark(WriteBufferWaterMark mark) {
    adopted.forEach(channel -> channel.config().setWriteBufferWaterMark(mark));
  }

  /** Whether memory is short, so that nothing is kept that can be done without. */
  public boolean isTight() {
    return memory.isTight();
  }

  /** The loop's clock. */
  public long nanos() {
    return ticker.nanos();
  }

  /**
   * The clock as this turn of the loop has read it before, for what a turn's length cannot harm,
   * such as idle times: with many events in a turn it costs them one reading.
   */
  public long recentNanos() {
    if (dirty.isEmpty()) {
      // Nothing marks the end of this turn yet.
      return ticker.nanos();
    }
    if (!isTurnRead) {
      turnNanos = ticker.nanos();
      isTurnRead = true;
    }
    return turnNanos;
  }

  public RequestParser requests() {
    return requests;
  }

  public ResponseParser responses() {
    return responses;
  }

  public HeadWriter writer() {
    return writer;
  }

  /** What the HTTP/2 connections of this loop share; made when the first one comes. */
  public Http2Scratch http2() {
    Http2Scratch present = http2;
    if (present == null) {
      present = new Http2Scratch(limits, ADDED_BYTES, requests, responses);
      http2 = present;
    }
    return present;
  }

  /** Uniform from 0 to below the bound. */
  public int random(int bound) {
    return random.nextInt(bound);
  }

  /** Sixty-four random bits. */
  public long random() {
    return random.nextLong();
  }

  /** Uniform from 0 to below 1. */
  public double randomShare() {
    return random.nextDouble();
  }

  /**
   * Flushes the channel at the end of this turn of the loop, so that everything written to it in
   * one turn costs one system call.
   */
  public void flushLater(Channel channel) {
    int size = dirty.size();
    if (size > flushed && dirty.get(size - 1) == channel) {
      return;
    }
    dirty.add(channel);
    if (size == 0) {
      eventLoop.execute(flush);
    }
  }

  private void flush() {
    // A flush may free or fail a channel, whose handlers write to this or another one: the list can
    // grow here.
    while (flushed < dirty.size()) {
      dirty.get(flushed++).flush();
    }
    dirty.clear();
    flushed = 0;
    isTurnRead = false;
  }

  /** Runs the task on this loop; from any thread. */
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  /** Runs the task on this loop after the delay, unless it is cancelled. */
  public Timer schedule(Runnable task, long delayNanos) {
    var future = eventLoop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** Something that will happen unless it is cancelled. */
  @FunctionalInterface
  public interface Timer {
    void cancel();
  }
}
