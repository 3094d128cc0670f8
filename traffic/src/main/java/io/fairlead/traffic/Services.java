package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.Instance;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All services that can be called: those of the catalog, and those that documents declare over the
 * labels of its instances. Immutable.
 *
 * <p>The labels of an instance are its own and {@code service} and {@code version}.
 */
final class Services {
  private final Map<String, Manifest.Service> declared;
  private final CatalogSnapshot catalog;

  Services(List<Manifest> documents, CatalogSnapshot catalog) {
    this.declared = new TreeMap<>();
    for (var document : documents) {
      if (document instanceof Manifest.Service service) {
        declared.put(service.metadata().name(), service);
      }
    }
    this.catalog = catalog;
  }

  SortedSet<String> names() {
    var names = new TreeSet<>(catalog.services().keySet());
    names.addAll(declared.keySet());
    return names;
  }

  /** The instances of a service, ordered by service and id. */
  List<Instance> members(String name) {
    var selector = selector(name);
    if (selector.isEmpty()) {
      return instances(name);
    }
    var base = selector.get("service");
    if (base != null) {
      return instances(base).stream().filter(i -> selected(i, selector)).toList();
    }
    return catalog.services().keySet().stream()
        .flatMap(service -> instances(service).stream())
        .filter(instance -> selected(instance, selector))
        .toList();
  }

  /** Names of all services whose members may change with the instances of {@code service}. */
  List<String> affectedBy(String service) {
    var names = new ArrayList<String>();
    names.add(service);
    declared.forEach(
        (name, document) -> {
          var base = document.selector().get("service");
          var selects = !document.selector().isEmpty() && (base == null || base.equals(service));
          if (selects && !name.equals(service)) {
            names.add(name);
          }
        });
    return names;
  }

  /** The service that a declared one is a part of, such as {@code shipping} of shipping-v2. */
  Optional<String> whole(String name) {
    return Optional.ofNullable(selector(name).get("service")).filter(base -> !base.equals(name));
  }

  /** The workloads behind a service: its identities are theirs. */
  Collection<String> workloads(String name) {
    var selector = selector(name);
    if (selector.isEmpty()) {
      return List.of(name);
    }
    var base = selector.get("service");
    if (base != null) {
      return List.of(base);
    }
    var services = new TreeSet<String>();
    members(name).forEach(instance -> services.add(instance.service()));
    return services;
  }

  /** Whether the instances are known and none of them has a proxy beside it. */
  boolean plainText(String name) {
    var members = members(name);
    return !members.isEmpty() && members.stream().noneMatch(Services::speaksMutualTls);
  }

  /** What all instances speak; HTTP/1.1 if they do not agree, which all of them can. */
  Cluster.Protocol protocol(String name) {
    var members = members(name);
    boolean http2 =
        !members.isEmpty()
            && members.stream()
                .allMatch(i -> MeshSettings.H2C.equals(i.metadata().get(MeshSettings.PROTOCOL)));
    return http2 ? Cluster.Protocol.HTTP_2 : Cluster.Protocol.HTTP_1;
  }

  static boolean speaksMutualTls(Instance instance) {
    return "true".equals(instance.metadata().get(MeshSettings.MTLS));
  }

  private Map<String, String> selector(String name) {
    var document = declared.get(name);
    return document == null ? Map.of() : document.selector();
  }

  private List<Instance> instances(String service) {
    var view = catalog.services().get(service);
    return view == null ? List.of() : List.copyOf(view.instances().values());
  }

  private static boolean selected(Instance instance, Map<String, String> selector) {
    var labels = new HashMap<>(instance.labels());
    labels.put("service", instance.service());
    labels.put("version", instance.version());
    return labels.entrySet().containsAll(selector.entrySet());
  }
}
