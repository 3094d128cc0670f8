package io.fairlead.proxy.upstream;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all loops together have going on with a cluster, as far as it may be bounded. Connections
 * and waiting attempts are counted in any case, being rare, so that a bound can come at any time;
 * attempts only while there is a bound. Safe for all threads.
 */
final class ClusterLoad {
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger attempts = new AtomicInteger();

  int connections() {
    return connections.get();
  }

  void connectionOpened() {
    connections.incrementAndGet();
  }

  void connectionClosed() {
    connections.decrementAndGet();
  }

  int waiting() {
    return waiting.get();
  }

  void waitingChanged(int by) {
    waiting.addAndGet(by);
  }

  /** Takes a place for an attempt; false if there is none. */
  boolean begin(int most) {
    if (attempts.incrementAndGet() > most) {
      attempts.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Gives the place back. */
  void end() {
    attempts.decrementAndGet();
  }
}
