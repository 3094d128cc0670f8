package io.fairlead.control;

import io.fairlead.config.Manifest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The documents of a configuration. Immutable. */
final class DocumentSet {
  private final Map<Manifest.Id, ConfigDocument> byId;
  private final List<ConfigDocument> sorted = new ArrayList<>();

  DocumentSet(Map<Manifest.Id, ConfigDocument> documents) {
    byId = new HashMap<>(documents);
    byId.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
        .forEach(entry -> sorted.add(entry.getValue()));
  }

  Map<Manifest.Id, ConfigDocument> byId() {
    return byId;
  }

  /** By kind, namespace and name. */
  List<ConfigDocument> sorted() {
    return List.copyOf(sorted);
  }

  /** In the same order. */
  List<Manifest> manifests() {
    return sorted.stream().map(ConfigDocument::manifest).toList();
  }

  /** Those that are not the same objects in the other. */
  List<ConfigDocument> notIn(DocumentSet other) {
    return sorted.stream().filter(one -> other.byId.get(one.id()) != one).toList();
  }

  /** Those whose names the other has not. */
  List<Manifest.Id> absentIn(DocumentSet other) {
    return sorted.stream().map(ConfigDocument::id).filter(id -> !other.has(id)).toList();
  }

  private boolean has(Manifest.Id id) {
    return byId.containsKey(id);
  }
}
