package io.fairlead.traffic;

import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * Where something runs, from the wide to the narrow; a part that is empty is not known. Immutable.
 *
 * @param region such as {@code eu-west}
 * @param zone within the region
 * @param subZone within the zone, such as a rack
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/base.proto#config-core-v3-locality">
 *     envoy.config.core.v3.Locality</a>
 */
public record Locality(String region, String zone, String subZone) implements Comparable<Locality> {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9._-]{0,63}");

  /** Nobody knows where. */
  public static final Locality NONE = new Locality("", "", "");

  private static final Comparator<Locality> ORDER =
      Comparator.comparing(Locality::region)
          .thenComparing(Locality::zone)
          .thenComparing(Locality::subZone);

  public Locality {
    requirePart("region", region);
    requirePart("zone", zone);
    requirePart("subZone", subZone);
  }

  private static void requirePart(String name, String value) {
    if (!PART.matcher(value).matches()) {
      throw new IllegalArgumentException(
          name + ": must be at most 63 letters, digits, dots, - or _, was '" + value + "'");
    }
  }

  /**
   * The form {@code region/zone/subZone}, of which the last parts may be missing.
   *
   * @throws IllegalArgumentException if it is another one
   */
  public static Locality of(String text) {
    var parts = text.split("/", -1);
    if (parts.length > 3) {
      throw new IllegalArgumentException(
          "locality: must be region, region/zone or region/zone/subZone, was '" + text + "'");
    }
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }

  /** Whether nothing is known. */
  public boolean isNone() {
    return equals(NONE);
  }

  @Override
  public int compareTo(Locality other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return (region + "/" + zone + "/" + subZone).replaceFirst("/+$", "");
  }
}
