package io.fairlead.traffic;

/**
 * Connections that are made before they are asked for. Immutable.
 *
 * @param perUpstreamRatio connections to an endpoint for each attempt under way there, 1 to 3;
 *     where it is above 1, each endpoint has one from the beginning
 * @param predictiveRatio connections to the cluster for each attempt under way, 1 to 3; further
 *     ones are made where the fewest are to spare
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto#config-cluster-v3-cluster-preconnectpolicy">
 *     envoy.config.cluster.v3.Cluster.PreconnectPolicy</a>
 */
public record Preconnect(double perUpstreamRatio, double predictiveRatio) {
  public Preconnect {
    require("perUpstreamRatio", perUpstreamRatio);
    require("predictiveRatio", predictiveRatio);
  }

  private static void require(String field, double value) {
    if (!(value >= 1 && value <= 3)) {
      throw new IllegalArgumentException(field + ": must be 1 to 3, was " + value);
    }
  }
}
