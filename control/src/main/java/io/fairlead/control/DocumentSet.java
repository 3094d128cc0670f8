package io.fairlead.control;

import io.fairlead.config.Manifest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The documents of a configuration, by kind, namespace and name. Immutable. */
final class DocumentSet {
  /** Of no document. */
  static final DocumentSet NONE = new DocumentSet(List.of(), List.of());

  /** From this share of all on, all are sorted instead of finding the place of each. */
  private static final int MANY = 20;

  /** Changed by nobody once another thread sees this. */
  private final List<ConfigDocument> documents;

  /** Theirs, in the same order. */
  private final List<Manifest> manifests;

  /**
   * How a configuration becomes another.
   *
   * @param written new, or instead of what is there under the same name
   * @param removed each of which is there, and none of which is written
   */
  record Change(List<ConfigDocument> written, List<Manifest.Id> removed) {
    boolean isNone() {
      return written.isEmpty() && removed.isEmpty();
    }
  }

  private DocumentSet(List<ConfigDocument> documents, List<Manifest> manifests) {
    this.documents = documents;
    this.manifests = manifests;
  }

  private static DocumentSet of(Collection<ConfigDocument> sorted) {
    return new DocumentSet(
        List.copyOf(sorted), sorted.stream().map(ConfigDocument::manifest).toList());
  }

  DocumentSet with(Change change) {
    if (change.isNone()) {
      return this;
    }
    if (change.written().size() + change.removed().size() > documents.size() / MANY) {
      var all = new TreeMap<Manifest.Id, ConfigDocument>();
      documents.forEach(document -> all.put(document.id(), document));
      change.removed().forEach(all::remove);
      change.written().forEach(document -> all.put(document.id(), document));
      return of(all.values());
    }
    var next = new DocumentSet(new ArrayList<>(documents), new ArrayList<>(manifests));
    change.removed().forEach(next::remove);
    change.written().forEach(next::put);
    return next;
  }

  private void remove(Manifest.Id id) {
    int place = place(id);
    documents.remove(place);
    manifests.remove(place);
  }

  private void put(ConfigDocument document) {
    int place = place(document.id());
    if (place >= 0) {
      documents.set(place, document);
      manifests.set(place, document.manifest());
    } else {
      documents.add(-1 - place, document);
      manifests.add(-1 - place, document.manifest());
    }
  }

  private int place(Manifest.Id id) {
    int low = 0;
    int high = manifests.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int compared = manifests.get(middle).id().compareTo(id);
      if (compared == 0) {
        return middle;
      }
      low = compared < 0 ? middle + 1 : low;
      high = compared > 0 ? middle - 1 : high;
    }
    return -1 - low;
  }

  /** Null if there is none of this name. */
  @Nullable ConfigDocument get(Manifest.Id id) {
    int place = place(id);
    return place < 0 ? null : documents.get(place);
  }

  /** In their order. */
  List<ConfigDocument> sorted() {
    return Collections.unmodifiableList(documents);
  }

  /** In the same order. */
  List<Manifest> manifests() {
    return Collections.unmodifiableList(manifests);
  }
}
