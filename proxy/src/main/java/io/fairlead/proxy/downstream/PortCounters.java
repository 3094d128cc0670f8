package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Reason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What happened to the connections of a port, requests apart. Safe for all threads. */
public final class PortCounters {
  private final LongAdder accepted = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder handshakeFailures = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);

  PortCounters() {
    for (Reason reason : Reason.values()) {
      refused.put(reason, new LongAdder());
    }
  }

  void accept() {
    accepted.increment();
  }

  void reject() {
    rejected.increment();
  }

  void failHandshake() {
    handshakeFailures.increment();
  }

  void fail() {
    failures.increment();
  }

  void refuse(Reason reason) {
    count(reason).increment();
  }

  private LongAdder count(Reason reason) {
    LongAdder counter = refused.get(reason);
    if (counter == null) {
      throw new IllegalStateException("no counter for " + reason);
    }
    return counter;
  }

  /** Connections accepted. */
  public long accepted() {
    return accepted.sum();
  }

  /** Connections closed at once since there were too many. */
  public long rejected() {
    return rejected.sum();
  }

  /** Connections closed because TLS did not come about, plain text on a TLS port included. */
  public long handshakeFailures() {
    return handshakeFailures.sum();
  }

  /** Connections that broke. */
  public long failures() {
    return failures.sum();
  }

  /** Heads refused before there was a request. */
  public long refused(Reason reason) {
    return count(reason).sum();
  }
}
