package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Virtual hosts and routes by their octets, for as long as a table is decoded: octets that were
 * decoded before give the same object, whose compiled form is kept with it. Confined to one thread.
 *
 * <p>Whole octets are compared, so no two are ever taken for each other, and they are those of the
 * table that is held anyway.
 */
final class KnownRoutes {
  private final Map<ByteString, VirtualHost> hosts = new HashMap<>();
  private final Map<ByteString, Route> routes = new HashMap<>();

  /** The hosts whose routes are among them only once one is asked for. */
  private List<ByteString> unread = List.of();

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
    known.unread = ProtoMessage.parse(octets).octets(2);
    for (int h = 0; h < known.unread.size(); h++) {
      known.hosts.put(known.unread.get(h), table.virtualHosts().get(h));
    }
    return known;
  }

  /** The virtual host of these octets. */
  VirtualHost host(ByteString octets, Function<ByteString, VirtualHost> decode) {
    var known = hosts.get(octets);
    return known == null ? decode.apply(octets) : known;
  }

  /** Most tables change in no host or in one, so that most of the time there is nothing to read. */
  private void readHosts() {
    for (var octets : unread) {
      var host = hosts.get(octets);
      var read = ProtoMessage.parse(octets).octets(3);
      for (int i = 0; host != null && i < read.size(); i++) {
        routes.putIfAbsent(read.get(i), host.routes().get(i));
      }
    }
    unread = List.of();
  }

  /** The route of these octets. */
  Route route(ByteString octets, Function<ByteString, Route> decode) {
    readHosts();
    var known = routes.get(octets);
    if (known == null) {
      known = decode.apply(octets);
      routes.put(octets, known);
    }
    return known;
  }
}
