package io.fairlead.traffic;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the place of a proxy means for the endpoints it takes, within each priority. Immutable. A
 * proxy that does not know where it runs takes any.
 */
public sealed interface LocalityRouting {
  /**
   * As many requests stay in the proxy's own place as its endpoints there can bear fairly: all, if
   * the share of endpoints there is at least that of callers there, else the ratio of both; the
   * rest goes where there are more endpoints than callers (Envoy's zone aware routing). Callers are
   * the instances of the proxy's own service.
   *
   * @param minClusterSize endpoints that are well, below which any is taken; 0 or above
   */
  record ZoneAware(int minClusterSize) implements LocalityRouting {
    /** Envoy's own. */
    public static final int DEFAULT_MIN = 6;

    public ZoneAware {
      if (minClusterSize < 0) {
        throw new IllegalArgumentException(
            "minClusterSize: must not be negative, was " + minClusterSize);
      }
    }
  }

  /**
   * The nearest endpoints get everything as long as enough of them are well, then the next ones:
   * same sub-zone, same zone, same region, the region to fail over to, any other (Istio's
   * failover).
   *
   * @param regions where each region fails over to; one that is not named goes anywhere
   */
  record Failover(SortedMap<String, String> regions) implements LocalityRouting {
    public Failover {
      regions = Collections.unmodifiableSortedMap(new TreeMap<>(regions));
    }
  }

  /**
   * Fixed shares by the place of the proxy (Istio's distribute). The first that fits counts; where
   * none does, or none of its places has an endpoint that is well, any is taken.
   */
  record Distribute(List<Shares> shares) implements LocalityRouting {
    public Distribute {
      shares = List.copyOf(shares);
    }
  }

  /**
   * The shares of one place. Immutable.
   *
   * @param from where proxies are that follow it, such as {@code eu-west/*}
   * @param to percent by place; 100 together
   */
  record Shares(String from, SortedMap<String, Integer> to) {
    public Shares {
      requirePattern(from);
      to = Collections.unmodifiableSortedMap(new TreeMap<>(to));
      to.keySet().forEach(Shares::requirePattern);
      int sum = to.values().stream().mapToInt(Integer::intValue).sum();
      if (sum != 100 || to.values().stream().anyMatch(share -> share < 0)) {
        throw new IllegalArgumentException("to: must be 0 or above and 100 together, was " + to);
      }
    }

    private static void requirePattern(String pattern) {
      if (!pattern.equals("*")) {
        Locality.of(pattern.replaceFirst("/\\*$", ""));
      }
    }
  }

  /** Whether a place is one of those that a pattern names: {@code *}, {@code r}, {@code r/z/*}. */
  static boolean covers(String pattern, Locality place) {
    if (pattern.equals("*")) {
      return true;
    }
    var named = Locality.of(pattern.replaceFirst("/\\*$", ""));
    return named.region().equals(place.region())
        && (named.zone().isEmpty() || named.zone().equals(place.zone()))
        && (named.subZone().isEmpty() || named.subZone().equals(place.subZone()));
  }
}
