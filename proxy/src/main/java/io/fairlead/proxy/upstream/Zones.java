package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.LocalityRouting;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where a proxy runs, and what that means for the endpoints of a cluster. Immutable.
 *
 * @param own place, which is known
 * @param callers well instances of the proxy's own service by place; empty if it does not matter
 */
public record Zones(Locality own, LocalityRouting routing, Map<Locality, Integer> callers) {
  /** Ranks of nearness: same sub-zone, zone, region; the region to fail over to; any other. */
  static final int RANKS = 5;

  public Zones {
    callers = Map.copyOf(callers);
  }

  /**
   * What a cluster's wishes mean at this place, or null if nothing.
   *
   * @param fellows endpoints of the proxy's own service; null if they are not known
   */
  public static @Nullable Zones of(
      Locality own, Optional<LocalityRouting> routing, @Nullable List<Endpoint> fellows) {
    if (own.isNone() || routing.isEmpty()) {
      return null;
    }
    Map<Locality, Integer> callers = new TreeMap<>();
    if (routing.get() instanceof LocalityRouting.ZoneAware && fellows != null) {
      for (Endpoint fellow : fellows) {
        if (fellow.health() == Endpoint.Health.HEALTHY) {
          callers.merge(fellow.locality(), 1, Integer::sum);
        }
      }
    }
    return new Zones(own, routing.get(), callers);
  }

  /** Endpoints of a higher rank get only what those of the lower ones cannot bear. */
  int rank(Locality place) {
    if (!(routing instanceof LocalityRouting.Failover(var regions))) {
      return 0;
    }
    if (place.equals(own)) {
      return 0;
    }
    if (!place.region().equals(own.region())) {
      return place.region().equals(regions.get(own.region())) ? 3 : 4;
    }
    return place.zone().equals(own.zone()) ? 1 : 2;
  }

  /** Whether endpoints of one rank are told apart by place. */
  boolean divides() {
    return !(routing instanceof LocalityRouting.Failover);
  }

  /**
   * Weights of places whose endpoints are of one rank.
   *
   * @param well endpoints of each that may be used
   */
  double[] weights(List<Locality> places, int[] well) {
    double[] weights =
        switch (routing) {
          case LocalityRouting.ZoneAware(int least) -> zoneAware(places, well, least);
          case LocalityRouting.Distribute(var shares) -> distributed(places, well, shares);
          case LocalityRouting.Failover _ -> even(well);
        };
    return Arrays.stream(weights).sum() > 0 ? weights : even(well);
  }

  private static double[] even(int[] well) {
    return Arrays.stream(well).asDoubleStream().toArray();
  }

  /** Envoy's zone aware routing, ZoneAwareLoadBalancerBase. */
  private double[] zoneAware(List<Locality> places, int[] well, int least) {
    int endpoints = Arrays.stream(well).sum();
    int all = callers.values().stream().mapToInt(Integer::intValue).sum();
    int here = places.indexOf(own);
    if (here < 0 || well[here] == 0 || endpoints < least || callers.getOrDefault(own, 0) == 0) {
      return even(well);
    }
    double[] spare = new double[well.length];
    for (int i = 0; i < well.length; i++) {
      double ofCallers = callers.getOrDefault(places.get(i), 0) / (double) all;
      spare[i] = Math.max(0, well[i] / (double) endpoints - ofCallers);
    }
    double ofEndpointsHere = well[here] / (double) endpoints;
    double ofCallersHere = callers.getOrDefault(own, 0) / (double) all;
    double stays = Math.min(1, ofEndpointsHere / ofCallersHere);
    double sum = Arrays.stream(spare).sum();
    double[] weights = new double[well.length];
    for (int i = 0; i < well.length; i++) {
      double leaves = sum == 0 ? well[i] / (double) endpoints : spare[i] / sum;
      weights[i] = (i == here ? stays : 0) + (1 - stays) * leaves;
    }
    return weights;
  }

  /** What a share names is divided among the places that it covers by their endpoints. */
  private double[] distributed(
      List<Locality> places, int[] well, List<LocalityRouting.Shares> shares) {
    double[] weights = new double[well.length];
    for (LocalityRouting.Shares mine : shares) {
      if (!LocalityRouting.covers(mine.from(), own)) {
        continue;
      }
      for (var share : mine.to().entrySet()) {
        int[] covered =
            IntStream.range(0, well.length)
                .filter(i -> LocalityRouting.covers(share.getKey(), places.get(i)))
                .toArray();
        int sum = Arrays.stream(covered).map(i -> well[i]).sum();
        for (int i : covered) {
          weights[i] += sum == 0 ? 0 : share.getValue() * (double) well[i] / sum;
        }
      }
      return weights;
    }
    return weights;
  }

  /** Shares out whole parts in proportion to weights, the largest remainders first. */
  static int[] share(int whole, double[] weights) {
    double sum = Arrays.stream(weights).sum();
    int[] shares = new int[weights.length];
    if (sum <= 0) {
      shares[0] = whole;
      return shares;
    }
    double[] left = new double[weights.length];
    int rest = whole;
    for (int i = 0; i < weights.length; i++) {
      double exact = whole * weights[i] / sum;
      shares[i] = (int) exact;
      left[i] = exact - shares[i];
      rest -= shares[i];
    }
    for (; rest > 0; rest--) {
      int most = 0;
      for (int i = 1; i < left.length; i++) {
        most = left[i] > left[most] ? i : most;
      }
      shares[most]++;
      left[most] = 0;
    }
    return shares;
  }
}
