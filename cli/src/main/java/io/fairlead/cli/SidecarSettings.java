package io.fairlead.cli;

import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Interception;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Everything that a sidecar is told. Immutable.
 *
 * @param workload who it serves
 * @param ports where it listens
 * @param mesh where the servers of the mesh are
 * @param health how readiness is found out
 * @param proxy how it serves
 * @param start how it comes to its first configuration
 * @param accessLogs of all its requests, beside those that the configuration has
 * @param command starts the application; empty if it is started by somebody else
 */
record SidecarSettings(
    Workload workload,
    Ports ports,
    MeshAccess mesh,
    Health health,
    ProxySettings proxy,
    MeshStart start,
    List<AccessLog> accessLogs,
    List<String> command) {

  /**
   * The application.
   *
   * @param instance unique in the mesh
   * @param version label for routes; may be empty
   * @param port on which it listens, on loopback
   * @param protocol what it speaks there
   */
  record Workload(
      String service, String instance, String version, int port, AppProtocol protocol) {}

  /** What an application speaks. */
  enum AppProtocol {
    HTTP1,
    /** HTTP/2 in clear text, as gRPC servers do. */
    H2C;

    /** The name on the command line and on the wire. */
    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Listening addresses.
   *
   * @param inbound for peers
   * @param outbound for the application
   * @param admin for operators
   * @param registered where peers call: the inbound address, unless connections are led there
   * @param interception whether they are
   */
  record Ports(
      HostPort inbound,
      HostPort outbound,
      HostPort admin,
      HostPort registered,
      Interception interception) {
    /** Of a sidecar to which the kernel leads nothing. */
    Ports(HostPort inbound, HostPort outbound, HostPort admin) {
      this(inbound, outbound, admin, inbound, Interception.NONE);
    }
  }

  /**
   * The servers of the mesh.
   *
   * @param registry base address of its API
   * @param control its port with TLS
   * @param roots file of the root certificate
   * @param token file of the join token
   * @param otlp base address of OTLP over HTTP; empty sends no spans
   */
  record MeshAccess(URI registry, HostPort control, Path roots, Path token, Optional<URI> otlp) {}

  /**
   * How readiness is found out.
   *
   * @param path asked for by GET; a status from 200 to 399 is ready
   * @param period between two checks
   * @param failures so many in a row take the instance out
   */
  record Health(String path, Duration period, int failures) {}
}
