package io.fairlead.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What a data plane says of itself at its admin port. */
final class Gauges {
  private final DataPlane plane;

  Gauges(DataPlane plane) {
    this.plane = plane;
  }

  /** The sum of all samples whose series begins so. */
  long sum(String series) {
    try (var admin = RawSocket.connect(plane.adminAddress())) {
      return admin
          .send("GET /stats/prometheus HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
          .readToEnd()
          .lines()
          .filter(line -> line.startsWith(series))
          .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Requests of clients under way, tunnels included. */
  long requests() {
    return sum("fairlead_requests_active") + sum("fairlead_tunnels_active");
  }

  /** Attempts under way, those that wait included. */
  long attempts() {
    return sum("fairlead_upstream_attempts_active");
  }

  /** Connections to endpoints that serve somebody. */
  long used() {
    return sum("fairlead_upstream_connections{cluster=\"backend\",state=\"used\"}");
  }

  /** Connections of clients. */
  long clients() {
    return sum("fairlead_downstream_connections_open");
  }
}
