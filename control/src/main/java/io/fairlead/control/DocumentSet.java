package io.fairlead.control;

import io.fairlead.config.Manifest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The documents of a configuration. Immutable. */
final class DocumentSet {
  /** Of no document. */
  static final DocumentSet NONE = new DocumentSet();

  private final Map<Manifest.Id, ConfigDocument> byId;
  private final List<ConfigDocument> sorted = new ArrayList<>();

  private DocumentSet() {
    byId = Map.of();
  }

  /**
   * @param before whose order those keep that stay
   */
  DocumentSet(Map<Manifest.Id, ConfigDocument> documents, DocumentSet before) {
    byId = new HashMap<>(documents);
    for (var one : before.sorted) {
      var now = byId.get(one.id());
      if (now != null) {
        sorted.add(now);
      }
    }
    if (sorted.size() < byId.size()) {
      byId.forEach(
          (id, document) -> {
            if (!before.has(id)) {
              sorted.add(document);
            }
          });
      sorted.sort(Comparator.comparing(ConfigDocument::id));
    }
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
