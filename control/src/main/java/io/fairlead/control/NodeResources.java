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

/** Everything that one node needs, by type and name. For one thread. */
final class NodeResources {
  private final Map<XdsType, SortedMap<String, Encoded>> byType = new EnumMap<>(XdsType.class);

  NodeResources(List<? extends Resource> resources, Function<Resource, Encoded> encode) {
    for (var resource : resources) {
      add(encode.apply(resource));
    }
  }

  /** Adds what belongs to this node alone. */
  void add(Encoded encoded) {
    byType
        .computeIfAbsent(XdsType.of(encoded.resource()), type -> new TreeMap<>())
        .put(encoded.name(), encoded);
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
