package io.fairlead.traffic;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a route does with a request. Immutable. */
public sealed interface RouteAction {

  /**
   * Sends it to one of the clusters, picked at random by weight.
   *
   * @param clusters at least one; the weights' sum is above 0
   * @param pathRewrite how the path changes on the way; empty leaves it
   * @param hostRewrite the Host header that is sent; empty leaves it
   * @param upgrades requests that may end HTTP on their connection; empty for {@link
   *     Upgrade#USUAL}, as which it is kept
   */
  record Forward(
      List<WeightedCluster> clusters,
      Optional<PathRewrite> pathRewrite,
      Optional<String> hostRewrite,
      Optional<Set<Upgrade>> upgrades)
      implements RouteAction {
    public Forward {
      clusters = List.copyOf(clusters);
      upgrades = upgrades.filter(set -> !set.equals(Upgrade.USUAL)).map(Forward::sorted);
      if (clusters.stream().mapToLong(WeightedCluster::weight).sum() <= 0) {
        throw new IllegalArgumentException("clusters: the sum of the weights must be above 0");
      }
    }

    /** With the upgrades that are usual. */
    public Forward(
        List<WeightedCluster> clusters,
        Optional<PathRewrite> pathRewrite,
        Optional<String> hostRewrite) {
      this(clusters, pathRewrite, hostRewrite, Optional.empty());
    }

    private static Set<Upgrade> sorted(Set<Upgrade> upgrades) {
      var copy = EnumSet.noneOf(Upgrade.class);
      copy.addAll(upgrades);
      return Collections.unmodifiableSet(copy);
    }

    /** Requests that may end HTTP on their connection. */
    public Set<Upgrade> allowed() {
      return upgrades.orElse(Upgrade.USUAL);
    }

    /** Sends everything to one cluster, unchanged. */
    public static Forward to(String cluster) {
      return new Forward(
          List.of(new WeightedCluster(cluster, 1)), Optional.empty(), Optional.empty());
    }
  }

  /**
   * Answers with a Location (RFC 9110 section 15.4); what is empty stays as the request has it.
   *
   * @param status 301, 302, 303, 307 or 308
   */
  record Redirect(
      Optional<String> scheme,
      Optional<String> host,
      Optional<Integer> port,
      Optional<PathRewrite> path,
      int status)
      implements RouteAction {
    public Redirect {
      if (!List.of(301, 302, 303, 307, 308).contains(status)) {
        throw new IllegalArgumentException(
            "status: must be 301, 302, 303, 307 or 308, was " + status);
      }
    }
  }

  /**
   * Answers by itself.
   *
   * @param status 200 to 599
   * @param body plain text, at most 4096 characters
   */
  record DirectResponse(int status, String body) implements RouteAction {
    public DirectResponse {
      if (status < 200 || status > 599) {
        throw new IllegalArgumentException("status: must be 200 to 599, was " + status);
      }
      if (body.length() > 4096) {
        throw new IllegalArgumentException(
            "body: must have at most 4096 characters, has " + body.length());
      }
    }
  }

  /**
   * A cluster with its share of a route's requests.
   *
   * @param weight 0 to 1,000,000, relative to the sum over the route
   */
  record WeightedCluster(String cluster, int weight) {
    public WeightedCluster {
      Resource.requireName(cluster);
      if (weight < 0 || weight > 1_000_000) {
        throw new IllegalArgumentException("weight: must be 0 to 1000000, was " + weight);
      }
    }
  }

  /** What a request may make of its connection. */
  enum Upgrade {
    /** RFC 6455. */
    WEBSOCKET,
    /** A tunnel to an endpoint of the cluster (RFC 9110 section 9.3.6). */
    CONNECT;

    /** WebSocket alone. */
    public static final Set<Upgrade> USUAL = Set.of(WEBSOCKET);
  }

  /** How a path changes; the query always stays. Immutable. */
  sealed interface PathRewrite {
    /** The matched prefix becomes {@code prefix}; the result never gets a doubled slash. */
    record ReplacePrefix(String prefix) implements PathRewrite {}

    /** The whole path becomes {@code path}. */
    record ReplaceFull(String path) implements PathRewrite {}
  }
}
