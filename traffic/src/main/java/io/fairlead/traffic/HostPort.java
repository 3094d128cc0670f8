package io.fairlead.traffic;

/**
 * A host name or address literal with a TCP port. Immutable.
 *
 * @param host DNS name, IPv4 or IPv6 literal without brackets; not empty
 * @param port 0 to 65535, where 0 asks the operating system for a free port
 */
public record HostPort(String host, int port) {
  public HostPort {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("host: must not be empty");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: must be 0 to 65535, was " + port);
    }
  }

  /** Whether only this host can reach it, as far as its literal tells. */
  public boolean isLoopback() {
    return host.startsWith("127.") || host.equals("::1") || host.equals("localhost");
  }

  /** Whether it stands for every address of a host. */
  public boolean isWildcard() {
    return host.equals("0.0.0.0") || host.equals("::");
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
