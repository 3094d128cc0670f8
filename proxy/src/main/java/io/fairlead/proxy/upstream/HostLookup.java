package io.fairlead.proxy.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of host names. Safe for all threads; may block, so never on a loop. */
@FunctionalInterface
public interface HostLookup {
  /** As the operating system does it, with the cache of the JDK before it. */
  HostLookup SYSTEM = host -> List.of(InetAddress.getAllByName(host));

  /**
   * The addresses of a name, at least one, the preferred one first; of a literal, itself.
   *
   * @throws UnknownHostException if there is none or nobody can tell
   */
  List<InetAddress> lookup(String host) throws UnknownHostException;
}
