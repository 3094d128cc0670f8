package io.fairlead.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;

/**
 * What a connection sends on its streams: as much as the windows and the channel take, each stream
 * a frame in its turn. Belongs to its connection.
 */
final class SendQueue {
  private final Http2Session session;
  private final FloodGuard floods;
  private final ArrayDeque<Http2Stream> ready = new ArrayDeque<>();
  private int window = PeerSettings.DEFAULT_WINDOW;
  private boolean emptying;

  SendQueue(Http2Session session, FloodGuard floods) {
    this.session = session;
    this.floods = floods;
  }

  /** The peer lets the connection send more; false if that is more than there can be. */
  boolean grow(int increment) {
    if (increment == 0 || (long) window + increment > Integer.MAX_VALUE) {
      return false;
    }
    window += increment;
    drainReady();
    return true;
  }

  /** Whether a stream waits for the window of the connection, or the channel. */
  boolean isWaiting() {
    return !ready.isEmpty();
  }

  /** Nothing is sent any more. */
  void clear() {
    ready.clear();
  }

  /** Sends the octets if nothing holds them back; then it has taken them. */
  boolean sendAtOnce(Http2Stream stream, ByteBuf octets, boolean end) {
    int length = octets.readableBytes();
    int allowed = Math.min(stream.sendWindow, window);
    boolean fits = length <= Math.min(allowed, PeerSettings.SMALLEST_FRAME);
    if (length > 0 && (!fits || !ready.isEmpty() || !session.isChannelWritable())) {
      return false;
    }
    write(stream, octets, end);
    return true;
  }

  private void write(Http2Stream stream, ByteBuf octets, boolean end) {
    int length = octets.readableBytes();
    if (length == 0 && !end) {
      octets.release();
      return;
    }
    stream.sendWindow -= length;
    window -= length;
    floods.sentData(length);
    session.output().data(stream.id, octets, end);
    if (end) {
      stream.localEnded = true;
      session.endIfDone(stream);
    }
  }

  /** Sends what waits on a stream, in its turn. */
  void drain(Http2Stream stream) {
    if (stream.firstPending() == null) {
      finish(stream);
    } else if (!stream.queued && stream.sendWindow > 0) {
      stream.queued = true;
      ready.add(stream);
      drainReady();
    }
  }

  /** Each stream in the queue sends a frame in turn, as long as connection and channel take it. */
  void drainReady() {
    if (emptying) {
      return;
    }
    emptying = true;
    try {
      while (!ready.isEmpty() && window > 0 && session.isChannelWritable()) {
        Http2Stream stream = ready.poll();
        stream.queued = false;
        ByteBuf first = stream.firstPending();
        if (first != null && stream.sendWindow > 0) {
          sendPart(stream, first);
        }
      }
    } finally {
      emptying = false;
    }
  }

  private void sendPart(Http2Stream stream, ByteBuf first) {
    int allowed = Math.min(stream.sendWindow, window);
    int count = Math.min(Math.min(first.readableBytes(), allowed), PeerSettings.SMALLEST_FRAME);
    ByteBuf part = stream.takePending(count);
    boolean last = stream.firstPending() == null;
    write(stream, part, last && stream.ending && stream.trailers() == null);
    if (last) {
      finish(stream);
    } else if (stream.sendWindow > 0) {
      stream.queued = true;
      ready.add(stream);
    }
    if (!stream.closed && stream.becameWritable()) {
      stream.writable();
    }
  }

  /** Ends a stream that has nothing more to send. */
  private void finish(Http2Stream stream) {
    if (!stream.ending || stream.localEnded || stream.closed) {
      return;
    }
    byte[] trailers = stream.trailers();
    if (trailers == null) {
      write(stream, Unpooled.EMPTY_BUFFER, true);
      return;
    }
    Http2HeadWriter writer = session.writer();
    writer.lines(trailers, trailers.length);
    session.sendHeaders(stream, true);
  }
}
