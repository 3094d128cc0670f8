package io.fairlead.traffic;

import java.util.List;

/**
 * That connections are led to a listener by the kernel, and what comes of the address to which they
 * were opened. Immutable.
 *
 * <p>A connection that was opened to the listener itself is served too, but never passed on to that
 * address, since it would come back for ever.
 *
 * @param source where the address is found
 * @param ports of destinations whose connections the listener serves; empty serves all
 * @param others cluster to which connections to any other port go octet by octet; empty if and only
 *     if all ports are served
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/original_dst_filter">
 *     envoy.filters.listener.original_dst</a>
 */
public record OriginalDestination(Source source, List<Integer> ports, String others) {

  /** How the kernel leads connections to a listener. */
  public enum Source {
    /** By changing their destination, which it remembers: {@code SO_ORIGINAL_DST}. */
    REDIRECT,
    /**
     * By giving them to a transparent socket ({@code IP_TRANSPARENT}), whose address is the
     * destination. Needs the right to administer the network.
     */
    TPROXY
  }

  /** Of a listener that serves connections to every port. */
  public OriginalDestination(Source source) {
    this(source, List.of(), "");
  }

  public OriginalDestination {
    ports = List.copyOf(ports);
    for (int port : ports) {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("ports: must be 1 to 65535, was " + port);
      }
    }
    if (ports.isEmpty() != others.isEmpty()) {
      throw new IllegalArgumentException(
          "others: must name a cluster where there are ports, and only there, was '"
              + others
              + "'");
    }
  }

  /** Whether the listener serves connections to that port. */
  public boolean serves(int port) {
    return ports.isEmpty() || ports.contains(port);
  }
}
