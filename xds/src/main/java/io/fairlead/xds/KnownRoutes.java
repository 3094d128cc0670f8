package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Virtual hosts and routes by their octets, for as long as a table is decoded: octets that were
 * decoded before give the same object, whose compiled form is kept with it. Confined to one thread.
 *
 * <p>Whole octets are compared, so no two are ever taken for each other, and they are those of the
 * table that is held anyway. Nearly all stand in the order in which they stood before.
 */
final class KnownRoutes {
  /** So many are looked for among all, before all are put in a table, whose keys are long. */
  private static final int FEW = 20;

  private final Known<VirtualHost> hosts = new Known<>();
  private final Known<Route> routes = new Known<>();

  /** The hosts whose routes are among them only once one is asked for. */
  private boolean readHosts;

  /** Objects in their order, and where the next one is expected. */
  private static final class Known<T> {
    private final List<ByteString> octets = new ArrayList<>();
    private final List<T> decoded = new ArrayList<>();
    private final Map<ByteString, T> found = new HashMap<>();
    private int next;
    private int missed;

    void add(ByteString wire, T object) {
      octets.add(wire);
      decoded.add(object);
    }

    T get(ByteString wanted, Function<ByteString, T> decode) {
      int place = place(wanted);
      if (place >= 0) {
        next = place + 1;
        return decoded.get(place);
      }
      var known = found.get(wanted);
      if (known == null) {
        known = decode.apply(wanted);
        found.put(wanted, known);
      }
      return known;
    }

    /** Where it is expected, or else anywhere; negative if nowhere, or if that is not known. */
    private int place(ByteString wanted) {
      if (next < octets.size() && octets.get(next).equals(wanted)) {
        return next;
      }
      if (missed < FEW) {
        missed++;
        return octets.indexOf(wanted);
      }
      if (missed == FEW) {
        missed++;
        for (int place = 0; place < octets.size(); place++) {
          found.putIfAbsent(octets.get(place), decoded.get(place));
        }
      }
      return -1;
    }
  }

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
    var hosts = ProtoMessage.parse(octets).octets(2);
    for (int h = 0; h < hosts.size(); h++) {
      known.hosts.add(hosts.get(h), table.virtualHosts().get(h));
    }
    return known;
  }

  /** The virtual host of these octets. */
  VirtualHost host(ByteString octets, Function<ByteString, VirtualHost> decode) {
    return hosts.get(octets, decode);
  }

  /** Most tables change in no host or in one, so that most of the time there is nothing to read. */
  private void readHosts() {
    for (int h = 0; !readHosts && h < hosts.octets.size(); h++) {
      var read = ProtoMessage.parse(hosts.octets.get(h)).octets(3);
      for (int i = 0; i < read.size(); i++) {
        routes.add(read.get(i), hosts.decoded.get(h).routes().get(i));
      }
    }
    readHosts = true;
  }

  /** The route of these octets. */
  Route route(ByteString octets, Function<ByteString, Route> decode) {
    readHosts();
    return routes.get(octets, decode);
  }
}
