package io.fairlead.proxy.exchange;

/**
 * One concern of what a listener has beside requests, which no {@link Layer} could see: connections
 * that are passed on octet by octet, and heads that are refused. Made once per configuration and
 * used by all loops at once.
 */
public interface ConnectionLayer {
  /** A cluster is chosen, and an endpoint is about to be connected to. */
  default void opened(Exchange exchange) {}

  /** A head that is no request was answered; the exchange tells of nothing else. */
  default void refused(Exchange exchange) {}

  /** The connection is over, whether it came about or not; called once for each that was opened. */
  void closed(Exchange exchange);
}
