package io.fairlead.proxy.exchange;

/**
 * One concern of every connection of a listener that is passed on octet by octet, where there is no
 * request that a {@link Layer} could see. Made once per configuration and used by all loops at
 * once.
 */
public interface ConnectionLayer {
  /** A cluster is chosen, and an endpoint is about to be connected to. */
  default void opened(Exchange exchange) {}

  /** The connection is over, whether it came about or not; called once for each that was opened. */
  void closed(Exchange exchange);
}
