package io.fairlead.xds;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;

/**
 * Makes one text of equal ones. The names of a mesh stand in its clusters, endpoints and routes
 * again and again, so that a proxy that kept each as it came would hold a handful of every one.
 *
 * <p>Lives as long as a response is decoded, and is bounded by it. Confined to one thread.
 */
final class Texts {
  private final Map<String, String> met = new HashMap<>();
  private final NavigableMap<String, ?> names;

  /**
   * @param names texts that are held already, as the keys; only read
   */
  Texts(NavigableMap<String, ?> names) {
    this.names = names;
  }

  /** Where nothing is held yet. */
  static Texts none() {
    return new Texts(Collections.emptyNavigableMap());
  }

  /** The text that stands for this one. */
  String of(String text) {
    var same = met.get(text);
    if (same == null) {
      var name = names.floorKey(text);
      same = text.equals(name) ? name : text;
      met.put(same, same);
    }
    return same;
  }
}
