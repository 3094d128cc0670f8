package io.fairlead.traffic;

import java.util.List;
import java.util.Optional;

/**
 * A port on which the data plane accepts connections. Immutable.
 *
 * @param name unique among listeners
 * @param address where it binds; port 0 picks a free port
 * @param role which stack serves the connections
 * @param tls how connections are secured; empty means plain text
 * @param filters run in this order before routing
 * @param routeTable name of the {@link RouteTable} that picks the cluster of requests; empty if no
 *     HTTP is spoken here
 * @param samplePercent share of new traces that are recorded, 0 to 100; a caller's own decision
 *     goes before it
 * @param trust how far clients are believed
 * @param intake what is done with a connection before HTTP; empty for {@link Intake#USUAL}, as
 *     which it is kept
 * @param accessLogs lines for its requests and connections, each for itself
 * @param bounds what a client may ask of HTTP; empty for {@link HttpBounds#USUAL}, as which it is
 *     kept, and where no HTTP is spoken
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener.proto">
 *     envoy.config.listener.v3.Listener</a>
 */
public record Listener(
    String name,
    HostPort address,
    Role role,
    Optional<ServerTls> tls,
    List<HttpFilter> filters,
    String routeTable,
    double samplePercent,
    ClientTrust trust,
    Optional<Intake> intake,
    List<AccessLog> accessLogs,
    Optional<HttpBounds> bounds)
    implements Resource {

  /** A listener with the usual bounds that logs nothing. */
  public Listener(
      String name,
      HostPort address,
      Role role,
      Optional<ServerTls> tls,
      List<HttpFilter> filters,
      String routeTable,
      double samplePercent,
      ClientTrust trust,
      Optional<Intake> intake) {
    this(
        name,
        address,
        role,
        tls,
        filters,
        routeTable,
        samplePercent,
        trust,
        intake,
        List.of(),
        Optional.empty());
  }

  /** A listener for HTTP alone. */
  public Listener(
      String name,
      HostPort address,
      Role role,
      Optional<ServerTls> tls,
      List<HttpFilter> filters,
      String routeTable,
      double samplePercent,
      ClientTrust trust) {
    this(name, address, role, tls, filters, routeTable, samplePercent, trust, Optional.empty());
  }

  /** A listener that believes nothing of what requests say. */
  public Listener(
      String name,
      HostPort address,
      Role role,
      Optional<ServerTls> tls,
      List<HttpFilter> filters,
      String routeTable,
      double samplePercent,
      Optional<Intake> intake) {
    this(name, address, role, tls, filters, routeTable, samplePercent, ClientTrust.NONE, intake);
  }

  /** A listener for HTTP alone that believes nothing. */
  public Listener(
      String name,
      HostPort address,
      Role role,
      Optional<ServerTls> tls,
      List<HttpFilter> filters,
      String routeTable,
      double samplePercent) {
    this(name, address, role, tls, filters, routeTable, samplePercent, ClientTrust.NONE);
  }

  /** What is done with a connection before HTTP. */
  public Intake intakeOrUsual() {
    return intake.orElse(Intake.USUAL);
  }

  /** The same with these access logs. */
  public Listener withAccessLogs(List<AccessLog> logs) {
    return new Listener(
        name, address, role, tls, filters, routeTable, samplePercent, trust, intake, logs, bounds);
  }

  /** What a client may ask of HTTP. */
  public HttpBounds boundsOrUsual() {
    return bounds.orElse(HttpBounds.USUAL);
  }

  /** The same with these bounds. */
  public Listener withBounds(HttpBounds other) {
    return new Listener(
        name,
        address,
        role,
        tls,
        filters,
        routeTable,
        samplePercent,
        trust,
        intake,
        accessLogs,
        Optional.of(other));
  }

  /** Which side of a workload a listener stands on. */
  public enum Role {
    /** Calls that come to the workload beside the proxy. */
    INBOUND,
    /** Calls that the workload beside the proxy makes. */
    OUTBOUND,
    /** Calls that enter the mesh from outside. */
    GATEWAY
  }

  public Listener {
    Resource.requireName(name);
    filters = List.copyOf(filters);
    accessLogs = List.copyOf(accessLogs);
    intake = intake.filter(other -> !other.equals(Intake.USUAL));
    bounds = bounds.filter(other -> !other.equals(HttpBounds.USUAL));
    if (routeTable.isEmpty() && bounds.isPresent()) {
      throw new IllegalArgumentException("bounds: must be empty where no HTTP is spoken");
    }
    if (routeTable.isEmpty() && intake.map(Intake::tcp).orElse(List.of()).isEmpty()) {
      throw new IllegalArgumentException("routeTable: must not be empty without a route for TCP");
    }
    if (!(samplePercent >= 0 && samplePercent <= 100)) {
      throw new IllegalArgumentException("samplePercent: must be 0 to 100, was " + samplePercent);
    }
  }
}
