package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.Ref;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the Secret and ConfigMap documents hold. Immutable after construction. */
final class SecretDocuments {
  private final Map<String, Map<String, String>> dataByKey = new TreeMap<>();

  SecretDocuments(List<Manifest> documents) {
    for (var document : documents) {
      switch (document) {
        case Manifest.Secret secret ->
            dataByKey.put(key(document.kind(), document.metadata().name()), secret.data());
        case Manifest.ConfigMap map ->
            dataByKey.put(key(document.kind(), document.metadata().name()), map.data());
        default -> {}
      }
    }
  }

  /** The name of the secret that is made of a document. */
  static String key(Ref ref) {
    return key(ref.kind(), ref.name());
  }

  private static String key(String kind, String name) {
    return kind + "|" + name;
  }

  /** The entries of a document; none if there is no such document. */
  Map<String, String> data(String key) {
    return dataByKey.getOrDefault(key, Map.of());
  }

  /** The roots of all these documents, PEM; empty if there are none. */
  String roots(List<Ref> refs) {
    var pem = new StringBuilder();
    for (var ref : refs) {
      pem.append(data(key(ref)).getOrDefault(Manifest.Secret.ROOTS, "")).append('\n');
    }
    return pem.toString();
  }
}
