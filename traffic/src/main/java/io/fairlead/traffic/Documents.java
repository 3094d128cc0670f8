package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.HttpRoute;
import java.util.ArrayList;
import java.util.List;

/**
 * The configuration, parted once: of many documents nearly all are routes, and whoever wants others
 * need not look at these. Immutable.
 *
 * @param all in the order in which they came
 * @param routes the HTTPRoutes and GRPCRoutes among them
 * @param others the rest
 */
record Documents(List<Manifest> all, List<HttpRoute> routes, List<Manifest> others) {
  static Documents of(List<Manifest> all) {
    var routes = new ArrayList<HttpRoute>();
    var others = new ArrayList<Manifest>();
    for (var document : all) {
      if (document instanceof HttpRoute route) {
        routes.add(route);
      } else {
        others.add(document);
      }
    }
    return new Documents(List.copyOf(all), List.copyOf(routes), List.copyOf(others));
  }

  /** Whether everything else is the same, so that nothing else decides what becomes of a route. */
  boolean differsInRoutesAlone(Documents later) {
    return others.equals(later.others);
  }
}
