package io.fairlead.control;

import io.fairlead.traffic.Resource;
import io.fairlead.traffic.Secret;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** Everything that one node needs, by type and name. Immutable after construction. */
final class NodeResources {
  private final Map<XdsType, SortedMap<String, Encoded>> byType = new EnumMap<>(XdsType.class);

  NodeResources(List<? extends Resource> resources, Function<Resource, Encoded> encode) {
    for (var resource : resources) {
      byType
          .computeIfAbsent(XdsType.of(resource), type -> new TreeMap<>())
          .put(resource.name(), encode.apply(resource));
    }
  }

  /** All but private keys, for clients that nobody knows. */
  static List<Resource> withoutKeys(List<? extends Resource> resources) {
    return resources.stream()
        .filter(resource -> !(resource instanceof Secret.Certificate))
        .map(Resource.class::cast)
        .toList();
  }

  SortedMap<String, Encoded> of(XdsType type) {
    return byType.getOrDefault(type, Collections.emptySortedMap());
  }
}
