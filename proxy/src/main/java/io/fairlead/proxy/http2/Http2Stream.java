package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.Fault;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a connection: the windows of both directions and what waits for the peer's. Whoever
 * extends it is told what comes. Belongs to its connection's loop.
 */
public abstract class Http2Stream {
  /** Above this the stream is not writable until half of it has gone. */
  private static final int HIGH_WATER = 64 << 10;

  final Http2Session session;
  int id;
  int sendWindow;
  int receiveWindow;
  private int uncredited;
  boolean remoteEnded;

  /** Whether its head, the final one of an answer, has come. */
  boolean headed;

  /** The last octet was handed over for sending, or has been sent. */
  boolean ending;

  boolean localEnded;
  boolean closed;

  /** Whether it stands in the queue of those that may send. */
  boolean queued;

  private @Nullable ArrayDeque<ByteBuf> pending;
  private int pendingBytes;
  private byte @Nullable [] trailers;
  private boolean full;

  /** A stream that has no number yet. */
  protected Http2Stream(Http2Session session) {
    this.session = session;
  }

  /** The number of the stream; 0 before it is opened. */
  public final int id() {
    return id;
  }

  // What comes

  /**
   * A head is in the loop's parser, or the reason why it may not go on.
   *
   * @param last whether no body follows
   */
  protected abstract void head(@Nullable Fault fault, boolean last);

  /** Octets of the body; takes them, and gives them back to the window when they are used. */
  protected abstract void data(ByteBuf octets);

  /**
   * The peer has sent everything.
   *
   * @param trailers field lines with CR LF each; empty for none
   */
  protected abstract void ended(byte[] trailers);

  /**
   * The stream is over before its time.
   *
   * @param error by the peer's or by our word
   * @param untouched whether the peer has certainly not acted on it
   */
  protected abstract void broken(Http2Error error, boolean untouched);

  /** The peer takes more octets again. */
  protected abstract void writable();

  // What goes

  /** Whether more may be sent without filling memory; to a closed stream it is only dropped. */
  public final boolean isWritable() {
    return pendingBytes < HIGH_WATER;
  }

  /** Octets that wait for the peer's window. */
  public final int pendingBytes() {
    return pendingBytes;
  }

  /** Whether anything waits for the peer's window. */
  public final boolean isPending() {
    return pending != null || trailers != null || ending && !localEnded;
  }

  /** Whether everything has been sent. */
  public final boolean isSent() {
    return localEnded;
  }

  /** Whether the stream is over for both sides. */
  public final boolean isClosed() {
    return closed;
  }

  /** Whether the peer has sent everything. */
  public final boolean isRemoteEnded() {
    return remoteEnded;
  }

  /** Sends the block of the session's encoder; a body follows. */
  public final void sendHead() {
    session.sendHeaders(this, false);
  }

  /** Sends the block of the session's encoder, and nothing after it. */
  public final void sendOnlyHead() {
    session.sendHeaders(this, true);
  }

  /** Sends octets of the body and takes them. */
  public final void sendData(ByteBuf octets) {
    send(octets, false);
  }

  /** Sends the last octets of the body, perhaps none, and takes them. */
  public final void sendLast(ByteBuf octets) {
    send(octets, true);
  }

  /** Ends the body, unless it has ended. */
  public final void end() {
    if (!closed && !ending) {
      send(Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** The connection of the stream. */
  public final Http2Session session() {
    return session;
  }

  /** Ends the body with trailers: field lines with CR LF each. */
  public final void sendTrailers(byte[] lines) {
    if (closed || ending) {
      return;
    }
    trailers = lines;
    ending = true;
    session.queue().drain(this);
  }

  private void send(ByteBuf octets, boolean end) {
    if (closed || ending) {
      octets.release();
      return;
    }
    ending = end;
    if (pending == null && session.queue().sendAtOnce(this, octets, end)) {
      return;
    }
    if (octets.isReadable()) {
      ArrayDeque<ByteBuf> waiting = pending;
      if (waiting == null) {
        waiting = new ArrayDeque<>(4);
        pending = waiting;
      }
      waiting.add(octets);
      pendingBytes += octets.readableBytes();
      full |= pendingBytes >= HIGH_WATER;
    } else {
      octets.release();
    }
    session.queue().drain(this);
  }

  /** Ends the stream at once. */
  public final void reset(Http2Error error) {
    session.reset(this, error);
  }

  /** Octets that {@link #data} brought have been used. */
  public final void consumed(int octets) {
    if (octets > 0) {
      uncredited += octets;
      if (!remoteEnded && !closed && uncredited >= session.limits().streamWindowBytes() / 2) {
        session.output().windowUpdate(id, uncredited);
        receiveWindow += uncredited;
        uncredited = 0;
      }
      session.frames().creditConnection(octets);
    }
  }

  // What the session does with what waits

  @Nullable ByteBuf firstPending() {
    return pending == null ? null : pending.peek();
  }

  /** The next frame's worth of what waits; at most {@code count} octets. */
  ByteBuf takePending(int count) {
    ArrayDeque<ByteBuf> waiting = pending;
    ByteBuf first = waiting == null ? null : waiting.peek();
    if (waiting == null || first == null) {
      throw new IllegalStateException("nothing waits on stream " + id);
    }
    pendingBytes -= count;
    if (count < first.readableBytes()) {
      return first.readRetainedSlice(count);
    }
    waiting.poll();
    if (waiting.isEmpty()) {
      pending = null;
    }
    return first;
  }

  byte @Nullable [] trailers() {
    return trailers;
  }

  /** Whether it was full and no longer is; asked once. */
  boolean becameWritable() {
    boolean free = full && pendingBytes < HIGH_WATER / 2;
    full &= !free;
    return free;
  }

  /** Drops what waits. */
  void discard() {
    closed = true;
    trailers = null;
    if (pending != null) {
      pending.forEach(ByteBuf::release);
      pending = null;
    }
    pendingBytes = 0;
  }
}
