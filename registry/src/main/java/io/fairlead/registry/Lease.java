package io.fairlead.registry;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long an instance stays without a heartbeat. Heartbeats and the expiry race for it; whoever
 * moves the word first wins, so that a heartbeat that was answered with success is never followed
 * by the expiry of the time before it.
 */
final class Lease {
  /** In the place of the deadline once the expiry has taken the lease. */
  private static final long EXPIRING = -1;

  private final long lengthNanos;
  private final AtomicLong deadlineNanos;

  /** Times are nanoseconds since the start of the catalog, so never negative. */
  Lease(Duration length, long deadlineNanos) {
    this.lengthNanos = length.toNanos();
    this.deadlineNanos = new AtomicLong(deadlineNanos);
  }

  /** Returns false if the expiry was first. */
  boolean renew(long nowNanos) {
    while (true) {
      long deadline = deadlineNanos.get();
      if (deadline == EXPIRING) {
        return false;
      }
      if (deadlineNanos.compareAndSet(deadline, Math.max(deadline, nowNanos + lengthNanos))) {
        return true;
      }
    }
  }

  /** Returns true if the lease is over and no heartbeat can renew it any more. */
  boolean expire(long nowNanos) {
    long deadline = deadlineNanos.get();
    return deadline != EXPIRING
        && deadline <= nowNanos
        && deadlineNanos.compareAndSet(deadline, EXPIRING);
  }

  /** Takes an expiry back that could not be stored, with a full lease to come. */
  void revive(long nowNanos) {
    deadlineNanos.set(nowNanos + lengthNanos);
  }
}
