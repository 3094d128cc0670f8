package io.fairlead.proxy.exchange;

import org.jspecify.annotations.Nullable;

/**
 * Watches the size and the pace of one request's body. A pace is judged once a window, and only for
 * windows in which the upstream took what came: a client is not to blame for what others hold up.
 * Belongs to its exchange.
 */
final class BodyGuard {
  private static final long NEVER = Long.MAX_VALUE;

  private final Target.BodyLimits limits;
  private long total;
  private long inWindow;
  private long windowEnd;

  BodyGuard(Target.BodyLimits limits, long nowNanos) {
    this.limits = limits;
    windowEnd = limits.windowNanos() == 0 ? NEVER : nowNanos + limits.windowNanos();
  }

  /** More came; the answer to a body that is too large, or null. */
  @Nullable LocalReply received(long octets) {
    total += octets;
    inWindow += octets;
    return total > limits.maxBytes() ? tooLarge() : null;
  }

  /** The body announces its length, or -1; the answer to one that is too large, or null. */
  @Nullable LocalReply announced(long length) {
    return length > limits.maxBytes() ? tooLarge() : null;
  }

  private LocalReply tooLarge() {
    return LocalReply.of(
        Reason.BODY_TOO_LARGE, "a body may have at most " + limits.maxBytes() + " octets");
  }

  /** When {@link #pace} must be asked next. */
  long dueNanos() {
    return windowEnd;
  }

  /** The upstream did not take more, so the window begins anew. */
  void heldUp(long nowNanos) {
    if (windowEnd != NEVER) {
      inWindow = 0;
      windowEnd = nowNanos + limits.windowNanos();
    }
  }

  /** The answer to a body that came too slowly in the window that is over, or null. */
  @Nullable LocalReply pace(long nowNanos) {
    if (windowEnd - nowNanos > 0) {
      return null;
    }
    boolean slow = inWindow < limits.windowBytes();
    heldUp(nowNanos);
    return slow ? LocalReply.of(Reason.REQUEST_TIMEOUT, "the body comes too slowly") : null;
  }
}
