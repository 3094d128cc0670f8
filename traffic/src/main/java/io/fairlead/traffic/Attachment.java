package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.HttpRoute;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where the routes of a document are wanted. Immutable. Documents that are wanted at the same
 * places, as nearly all are, share one object, so that it is worked out once for all of them.
 *
 * @param parents of one of these documents
 * @param hostnames of the document
 * @param services among the parents
 */
record Attachment(List<HttpRoute.Parent> parents, List<String> hostnames, Set<String> services) {

  private static Attachment of(HttpRoute document) {
    var services =
        document.parents().stream()
            .map(HttpRoute.Parent::ref)
            .filter(ref -> ref.kind().equals("Service"))
            .map(Manifest.Ref::name)
            .collect(Collectors.toUnmodifiableSet());
    return new Attachment(document.parents(), document.hostnames(), services);
  }

  /** Those that are known. For one thread. */
  static final class Shared {
    private final Map<Key, Attachment> known = new HashMap<>();

    private record Key(List<Parent> parents, List<String> hostnames) {}

    /** A parent, wherever it is named. */
    private record Parent(String kind, String name, Optional<String> section) {}

    Attachment of(HttpRoute document) {
      var parents =
          document.parents().stream()
              .map(one -> new Parent(one.ref().kind(), one.ref().name(), one.section()))
              .toList();
      var key = new Key(parents, document.hostnames());
      return known.computeIfAbsent(key, fresh -> Attachment.of(document));
    }

    int size() {
      return known.size();
    }

    void addAll(Shared others) {
      known.putAll(others.known);
    }
  }
}
