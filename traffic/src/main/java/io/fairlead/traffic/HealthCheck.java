package io.fairlead.traffic;

import java.time.Duration;
import java.util.List;

/**
 * How a proxy asks the endpoints of a cluster whether they are well. The first answer decides at
 * once; afterwards it takes several in a row to change its mind, but for an answer that says no.
 * Immutable.
 *
 * @param probe what is asked
 * @param interval from the end of one probe to the next, 1 ms to 1 h
 * @param timeout of a probe, connecting included, 1 ms to 1 h
 * @param intervalJitterPercent a random share of up to this part is added to each interval, 0 to
 *     100
 * @param unhealthyThreshold failures in a row that take an endpoint out, 1 to 1000
 * @param healthyThreshold successes in a row that bring it back, 1 to 1000
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/health_check.proto">
 *     envoy.config.core.v3.HealthCheck</a>
 */
public record HealthCheck(
    Probe probe,
    Duration interval,
    Duration timeout,
    int intervalJitterPercent,
    int unhealthyThreshold,
    int healthyThreshold) {

  /** What is asked. Immutable. */
  public sealed interface Probe {
    /**
     * A GET over HTTP/1.1.
     *
     * @param host the Host field; empty sends the name of the cluster
     * @param path with query, as it is sent; begins with /
     * @param expected statuses that are a yes, at least one; any other one is a no
     */
    record Http(String host, String path, List<Statuses> expected) implements Probe {
      public Http {
        expected = List.copyOf(expected);
        if (!host.matches("[!-~]{0,255}")) {
          throw new IllegalArgumentException("host: must be visible ASCII, was " + host);
        }
        if (!path.matches("/[!-~]{0,1023}")) {
          throw new IllegalArgumentException(
              "path: must begin with / and be visible ASCII, was " + path);
        }
        if (expected.isEmpty()) {
          throw new IllegalArgumentException("expected: must not be empty");
        }
      }
    }

    /**
     * A call of {@code grpc.health.v1.Health/Check}; SERVING is a yes.
     *
     * @param authority named in the request; empty names the cluster
     * @param service that is asked for; empty asks for the server as a whole
     */
    record Grpc(String authority, String service) implements Probe {
      public Grpc {
        if (!authority.matches("[!-~]{0,255}")) {
          throw new IllegalArgumentException("authority: must be visible ASCII, was " + authority);
        }
        if (!service.matches("[!-~]{0,255}")) {
          throw new IllegalArgumentException("service: must be visible ASCII, was " + service);
        }
      }
    }

    /** That a connection comes about, and TLS on it where the cluster has it. */
    record Tcp() implements Probe {}
  }

  /**
   * A range of statuses.
   *
   * @param from 100 to {@code to}
   * @param to the last one, up to 599
   */
  public record Statuses(int from, int to) {
    public Statuses {
      if (from < 100 || to > 599 || from > to) {
        throw new IllegalArgumentException(
            "statuses: must be within 100 to 599, were " + from + " to " + to);
      }
    }
  }

  public HealthCheck {
    within("interval", interval);
    within("timeout", timeout);
    within("intervalJitterPercent", intervalJitterPercent, 0, 100);
    within("unhealthyThreshold", unhealthyThreshold, 1, 1000);
    within("healthyThreshold", healthyThreshold, 1, 1000);
  }

  private static void within(String field, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException(field + ": must be 1 ms to 1 h, was " + value);
    }
  }

  private static void within(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          field + ": must be " + least + " to " + most + ", was " + value);
    }
  }
}
