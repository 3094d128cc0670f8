package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Routes by their octets, for as long as a table is decoded: octets that were decoded before give
 * the same object, whose compiled form is kept with it. Confined to one thread.
 *
 * <p>Whole octets are compared, so no two routes are ever taken for each other, and they are those
 * of the table that is held anyway.
 */
final class KnownRoutes {
  private final Map<ByteString, Route> byOctets = new HashMap<>();

  /** None at all. */
  static KnownRoutes none() {
    return new KnownRoutes();
  }

  /**
   * Those of a table.
   *
   * @param octets that the table was decoded from
   */
  static KnownRoutes of(RouteTable table, ByteString octets) {
    var known = new KnownRoutes();
    var hosts = ProtoMessage.parse(octets).messages(2);
    for (int h = 0; h < hosts.size(); h++) {
      known.add(hosts.get(h).octets(3), table.virtualHosts().get(h).routes());
    }
    return known;
  }

  private void add(List<ByteString> octets, List<Route> routes) {
    for (int i = 0; i < octets.size(); i++) {
      byOctets.putIfAbsent(octets.get(i), routes.get(i));
    }
  }

  /** The route of these octets. */
  Route route(ByteString octets, Function<ByteString, Route> decode) {
    var known = byOctets.get(octets);
    if (known == null) {
      known = decode.apply(octets);
      byOctets.put(octets, known);
    }
    return known;
  }
}
