package io.fairlead.control;

import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Secret;
import io.fairlead.xds.TypeUrls;
import java.util.Arrays;
import java.util.Optional;

/**
 * The resource types, in the order in which a change must reach a client so that nothing refers to
 * what is not there yet (xDS protocol, eventual consistency considerations).
 */
enum XdsType {
  CLUSTER(TypeUrls.CLUSTER),
  ENDPOINT(TypeUrls.ENDPOINT),
  SECRET(TypeUrls.SECRET),
  LISTENER(TypeUrls.LISTENER),
  ROUTE(TypeUrls.ROUTE);

  private final String url;

  XdsType(String url) {
    this.url = url;
  }

  String url() {
    return url;
  }

  /** Clients get all clusters and listeners; of the others those that they name. */
  boolean isWildcard() {
    return this == CLUSTER || this == LISTENER;
  }

  static Optional<XdsType> of(String url) {
    return Arrays.stream(values()).filter(type -> type.url.equals(url)).findFirst();
  }

  static XdsType of(Resource resource) {
    return switch (resource) {
      case Cluster _ -> CLUSTER;
      case Endpoints _ -> ENDPOINT;
      case Secret _ -> SECRET;
      case Listener _ -> LISTENER;
      case RouteTable _ -> ROUTE;
    };
  }
}
