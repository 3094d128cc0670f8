package io.fairlead.proxy.http2;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Counts what costs a peer little and this side much, and remembers which streams this side has
 * reset, since the peer may not know it yet. Belongs to its connection.
 */
final class FloodGuard {
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Streams that are remembered; a power of two. */
  private static final int REMEMBERED = 64;

  /** The least that a frame nobody wants counts, since its octets are not all that it costs. */
  private static final int IGNORED_FRAME = 256;

  /** Wider windows that may be outstanding at most. */
  private static final int MAX_UPDATES = 1 << 17;

  private final Http2Limits limits;
  private final LongSupplier clock;
  private int idleFrames;
  private int resets;
  private int updates;
  private long ignoredOctets;
  private long periodStart;
  private int[] own = {};
  private int ownCount;

  FloodGuard(Http2Limits limits, LongSupplier clock) {
    this.limits = limits;
    this.clock = clock;
    periodStart = clock.getAsLong();
  }

  /** A frame brought something, or something could be sent. */
  void usefulFrame() {
    idleFrames = 0;
    ignoredOctets = 0;
  }

  /**
   * Data was sent, which the peer may answer with wider windows of the stream and the connection:
   * once for the frame, or for each KiB, as those do that read little at a time.
   */
  void sentData(int octets) {
    usefulFrame();
    updates = Math.min(updates + 2 + octets / 512, MAX_UPDATES);
  }

  /** Counts a wider window that nothing waited for; whether there are too many. */
  boolean windowUpdate() {
    if (updates > 0) {
      updates--;
      return false;
    }
    return idleFrame();
  }

  /**
   * Counts data of a stream that is closed; whether there is more than can have been on its way
   * when it was closed, twice.
   */
  boolean ignored(int octets) {
    renew();
    ignoredOctets += Math.max(octets, IGNORED_FRAME);
    return ignoredOctets > 2L * limits.connectionWindowBytes();
  }

  /** Counts a frame that brought nothing; whether there are too many. */
  boolean idleFrame() {
    renew();
    return ++idleFrames > limits.maxIdleFrames();
  }

  /** Counts a stream that ended by the peer's will or fault; whether there are too many. */
  boolean reset() {
    renew();
    return ++resets > limits.maxResets();
  }

  /** A whole answer makes up for a stream that was reset. */
  void answered() {
    resets = Math.max(0, resets - 1);
  }

  private void renew() {
    long now = clock.getAsLong();
    if (now - periodStart > PERIOD_NANOS) {
      periodStart = now;
      resets = 0;
      idleFrames = 0;
      ignoredOctets = 0;
    }
  }

  /** Remembers that this side has reset a stream. */
  void reset(int stream) {
    if (own.length == 0) {
      own = new int[REMEMBERED];
    }
    own[ownCount++ & REMEMBERED - 1] = stream;
  }

  /** Whether this side has reset the stream a short while ago. */
  boolean wasReset(int stream) {
    for (int id : own) {
      if (id == stream) {
        return true;
      }
    }
    return false;
  }
}
