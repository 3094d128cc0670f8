package io.fairlead.config;

import io.fairlead.config.TrafficPolicy.Localities;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads localityLbSetting of a DestinationRule (Istio networking/v1), and zoneAware beside it. */
final class LocalityReader {
  private static final int ENVOYS_MIN = 6;
  private static final String PLACE = "\\*|[A-Za-z0-9._-]{1,63}(/[A-Za-z0-9._-]{1,63}){0,2}(/\\*)?";

  private LocalityReader() {}

  static Optional<Localities> read(Fields f) {
    boolean enabled = f.choice("enabled", List.of("true", "false")).orElse("true").equals("true");
    var zoneAware =
        f.object(
            "zoneAware",
            at ->
                new Localities.ZoneAware(
                    at.integer("minClusterSize", 0, 1_000_000).orElse(ENVOYS_MIN)));
    var distribute = f.objects("distribute", LocalityReader::shares);
    var failover = f.objects("failover", LocalityReader::region);
    int ways =
        (zoneAware.isPresent() ? 1 : 0)
            + (distribute.isEmpty() ? 0 : 1)
            + (failover.isEmpty() ? 0 : 1);
    if (ways > 1) {
      f.fault("enabled", "must stand beside one of zoneAware, distribute and failover");
    }
    if (!enabled) {
      return Optional.empty();
    }
    if (zoneAware.isPresent()) {
      return zoneAware.map(Localities.class::cast);
    }
    if (!distribute.isEmpty()) {
      return Optional.of(new Localities.Distribute(distribute));
    }
    var regions = new TreeMap<String, String>();
    failover.forEach(region -> regions.put(region.from, region.to));
    return Optional.of(new Localities.Failover(regions));
  }

  private record Region(String from, String to) {}

  private static Region region(Fields f) {
    return new Region(f.requireText("from"), f.requireText("to"));
  }

  private static Localities.Shares shares(Fields f) {
    var from = f.requireText("from");
    if (!from.matches(PLACE)) {
      f.fault("from", "must be a place such as region/zone/*");
    }
    SortedMap<String, Integer> to = new TreeMap<>();
    f.object(
        "to",
        at -> {
          for (var place : at.names()) {
            if (!place.matches(PLACE)) {
              at.fault(place, "must be a place such as region/zone/*");
            }
            at.integer(place, 0, 100).ifPresent(percent -> to.put(place, percent));
          }
          return to;
        });
    if (to.values().stream().mapToInt(Integer::intValue).sum() != 100) {
      f.fault("to", "must be 100 together");
    }
    return new Localities.Shares(from, to);
  }
}
