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
  private final LongAdder acceptFailures = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder faults = new LongAdder();
  private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);

  private final LongAdder refusedHeaders = new LongAdder();
  private final LongAdder refusedServers = new LongAdder();
  private final LongAdder passedOn = new LongAdder();
  private final Map<Reason, LongAdder> notPassedOn = new EnumMap<>(Reason.class);
  private final LongAdder octetsReceived = new LongAdder();
  private final LongAdder octetsSent = new LongAdder();

  PortCounters() {
    for (TlsFailure failure : TlsFailure.values()) {
      handshakeFailures.put(failure, new LongAdder());
    }
    for (Reason reason : Reason.values()) {
      refused.put(reason, new LongAdder());
      notPassedOn.put(reason, new LongAdder());
    }
  }

  void accept() {
    accepted.increment();
  }

  void reject() {
    rejected.increment();
  }

  void failToAccept() {
    acceptFailures.increment();
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

  void refuseHeader() {
    refusedHeaders.increment();
  }

  void refuseServer() {
    refusedServers.increment();
  }

  void passOn() {
    passedOn.increment();
  }

  void failToPassOn(Reason reason) {
    count(notPassedOn, reason).increment();
  }

  void received(int octets) {
    octetsReceived.add(octets);
  }

  void sent(int octets) {
    octetsSent.add(octets);
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

  /** Times when a connection could not be accepted, as when there is no file descriptor left. */
  public long acceptFailures() {
    return acceptFailures.sum();
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

  /** Connections closed because the header of the PROXY protocol was missing or wrong. */
  public long refusedHeaders() {
    return refusedHeaders.sum();
  }

  /** Connections closed because no route is for the server that the client named, or for TCP. */
  public long refusedServers() {
    return refusedServers.sum();
  }

  /** Connections that were passed on to an endpoint, octet by octet. */
  public long passedOn() {
    return passedOn.sum();
  }

  /** Connections closed because for this reason they could not be passed on. */
  public long notPassedOn(Reason reason) {
    return count(notPassedOn, reason).sum();
  }

  /** Octets that clients sent on connections that are passed on. */
  public long octetsReceived() {
    return octetsReceived.sum();
  }

  /** Octets that went back to clients on connections that are passed on. */
  public long octetsSent() {
    return octetsSent.sum();
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
