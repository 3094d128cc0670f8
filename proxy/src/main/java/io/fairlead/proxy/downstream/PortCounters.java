package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.tls.TlsFailure;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What happened to the connections of a port, requests apart. Safe for all threads. */
public final class PortCounters {
  private final LongAdder accepted = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final Map<TlsFailure, LongAdder> handshakeFailures = new EnumMap<>(TlsFailure.class);
  private final LongAdder failures = new LongAdder();
  private final LongAdder faults = new LongAdder();
  private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);

  PortCounters() {
    for (TlsFailure failure : TlsFailure.values()) {
      handshakeFailures.put(failure, new LongAdder());
    }
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

  void failHandshake(TlsFailure failure) {
    count(handshakeFailures, failure).increment();
  }

  void fail() {
    failures.increment();
  }

  void fault() {
    faults.increment();
  }

  void refuse(Reason reason) {
    count(refused, reason).increment();
  }

  private static <K> LongAdder count(Map<K, LongAdder> counters, K key) {
    LongAdder counter = counters.get(key);
    if (counter == null) {
      throw new IllegalStateException("no counter for " + key);
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
    return handshakeFailures.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Connections closed because TLS did not come about for this reason. */
  public long handshakeFailures(TlsFailure failure) {
    return count(handshakeFailures, failure).sum();
  }

  /** Connections that broke. */
  public long failures() {
    return failures.sum();
  }

  /** Connections that broke by a fault of the proxy's own; the log says which. */
  public long faults() {
    return faults.sum();
  }

  /** Heads refused before there was a request. */
  public long refused(Reason reason) {
    return count(refused, reason).sum();
  }
}
