package io.fairlead.discovery;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The catalog at one version. Immutable; services are sorted by name. A service without instances
 * is absent.
 *
 * @param catalogId names the history that versions count in; a registry that lost its state has
 *     another. Empty before the first contact
 * @param version version of the last change, 0 for none
 * @param services the services by name
 */
public record CatalogSnapshot(String catalogId, long version, Map<String, ServiceView> services) {
  public CatalogSnapshot {
    if (version < 0) {
      throw new IllegalArgumentException("version: must not be negative, was " + version);
    }
    services = Collections.unmodifiableSortedMap(new TreeMap<>(services));
  }

  /** No contact yet, and nothing known. */
  public static CatalogSnapshot empty() {
    return new CatalogSnapshot("", 0, Map.of());
  }

  /** Number of instances in all services. */
  public int instanceCount() {
    return services.values().stream().mapToInt(view -> view.instances().size()).sum();
  }

  /**
   * The state after the event. A change that this snapshot holds already leaves it as it is. Costs
   * time proportional to the number of services.
   */
  public CatalogSnapshot apply(CatalogEvent event) {
    return switch (event) {
      case CatalogEvent.Resync resync -> resync.snapshot();
      case CatalogChange change when change.version() <= version -> this;
      case CatalogChange.Put put -> put(put);
      case CatalogChange.Removed removed -> removed(removed);
    };
  }

  private CatalogSnapshot put(CatalogChange.Put put) {
    var view = services.get(put.service());
    if (view == null) {
      view = new ServiceView(put.service(), 0, Map.of());
    }
    var next = new TreeMap<>(services);
    next.put(put.service(), view.with(put.version(), put.instance()));
    return new CatalogSnapshot(catalogId, put.version(), next);
  }

  private CatalogSnapshot removed(CatalogChange.Removed removed) {
    var next = new TreeMap<>(services);
    var view = services.get(removed.service());
    if (view != null) {
      var rest = view.without(removed.version(), removed.key().id());
      if (rest.instances().isEmpty()) {
        next.remove(removed.service());
      } else {
        next.put(removed.service(), rest);
      }
    }
    return new CatalogSnapshot(catalogId, removed.version(), next);
  }
}
