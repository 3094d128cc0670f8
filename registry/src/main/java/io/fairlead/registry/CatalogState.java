package io.fairlead.registry;

import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.ServiceView;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What readers see. Changes are cheap; the immutable views that readers take are made when asked
 * for and kept until the next change of their service. Guarded by the catalog's lock.
 */
final class CatalogState {
  private final String catalogId;
  private final Map<String, Service> services = new HashMap<>();
  private @Nullable CatalogSnapshot snapshot;
  private long version;

  CatalogState(String catalogId, long version) {
    this.catalogId = catalogId;
    this.version = version;
  }

  /** One service: the map that changes, and the view made from it, if it is still true. */
  private static final class Service {
    final Map<String, Instance> instances = new TreeMap<>();
    long version;
    @Nullable ServiceView view;
  }

  String catalogId() {
    return catalogId;
  }

  int serviceCount() {
    return services.size();
  }

  /** Restores what was stored at a version that is not above the catalog's. */
  void restore(long itsVersion, Instance instance) {
    var service = services.computeIfAbsent(instance.service(), name -> new Service());
    service.instances.put(instance.id(), instance);
    service.version = Math.max(service.version, itsVersion);
  }

  void apply(CatalogChange change) {
    version = change.version();
    snapshot = null;
    var service = services.computeIfAbsent(change.service(), name -> new Service());
    service.version = change.version();
    service.view = null;
    switch (change) {
      case CatalogChange.Put put -> service.instances.put(put.instance().id(), put.instance());
      case CatalogChange.Removed removed -> service.instances.remove(removed.key().id());
    }
    if (service.instances.isEmpty()) {
      services.remove(change.service());
    }
  }

  Optional<ServiceView> view(String name) {
    var service = services.get(name);
    return service == null ? Optional.empty() : Optional.of(view(name, service));
  }

  CatalogSnapshot snapshot() {
    var current = snapshot;
    if (current == null) {
      var views = new TreeMap<String, ServiceView>();
      services.forEach((name, service) -> views.put(name, view(name, service)));
      current = new CatalogSnapshot(catalogId, version, views);
      snapshot = current;
    }
    return current;
  }

  /** Only the named service, if it exists, at the version of the whole catalog. */
  CatalogSnapshot snapshotOf(String name) {
    Map<String, ServiceView> only = view(name).map(view -> Map.of(name, view)).orElseGet(Map::of);
    return new CatalogSnapshot(catalogId, version, only);
  }

  private static ServiceView view(String name, Service service) {
    var view = service.view;
    if (view == null) {
      view = new ServiceView(name, service.version, service.instances);
      service.view = view;
    }
    return view;
  }
}
