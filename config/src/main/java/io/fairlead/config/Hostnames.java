package io.fairlead.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Names of hosts as the Gateway API has them: {@code host}, {@code *.suffix}, or {@code *} for all.
 * Stateless.
 */
public final class Hostnames {
  /** Stands for every host. */
  static final String ALL = "*";

  private Hostnames() {}

  /**
   * The hosts that both a listener and a route want, in lower case; the narrower of two counts.
   *
   * @param listener empty takes all
   * @param route empty takes those of the listener
   */
  public static Set<String> both(Optional<String> listener, List<String> route) {
    var outer = listener.map(host -> host.toLowerCase(Locale.ROOT)).orElse(ALL);
    if (route.isEmpty()) {
      return Set.of(outer);
    }
    var hosts = new LinkedHashSet<String>();
    for (var hostname : route) {
      var inner = hostname.toLowerCase(Locale.ROOT);
      if (covers(outer, inner)) {
        hosts.add(inner);
      } else if (covers(inner, outer)) {
        hosts.add(outer);
      }
    }
    return hosts;
  }

  private static boolean covers(String wide, String narrow) {
    return wide.equals(ALL)
        || wide.equals(narrow)
        || (wide.startsWith("*.") && narrow.endsWith(wide.substring(1)));
  }

  /** What may follow a star so that it stands for this host too: {@code .b.c} and {@code .c}. */
  static List<String> suffixes(String host) {
    var suffixes = new ArrayList<String>();
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      suffixes.add(host.substring(dot));
    }
    return suffixes;
  }
}
