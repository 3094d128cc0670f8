package io.fairlead.control;

import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogListener;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.CatalogSource;
import io.fairlead.discovery.CatalogWatch;
import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.traffic.MeshSettings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A catalog in memory that tells its listeners on the caller's thread. */
final class FakeCatalog implements CatalogSource {
  private final List<CatalogListener> listeners = new CopyOnWriteArrayList<>();
  private CatalogSnapshot state = new CatalogSnapshot("fake", 0, Map.of());

  @Override
  public synchronized CatalogSnapshot snapshot() {
    return state;
  }

  @Override
  public synchronized CatalogWatch watch(WatchRequest request, CatalogListener listener) {
    listener.onEvent(new CatalogEvent.Resync(state));
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  synchronized void put(String service, String id, int port) {
    put(service, id, port, "v1");
  }

  synchronized void put(String service, String id, int port, String version) {
    put(service, id, port, version, Map.of(MeshSettings.MTLS, "true"));
  }

  synchronized void put(
      String service, String id, int port, String version, Map<String, String> metadata) {
    tell(
        new CatalogChange.Put(
            state.version() + 1,
            new Instance(
                service, id, "127.0.0.1", port, version, Map.of(), metadata, HealthStatus.UP)));
  }

  synchronized void remove(String service, String id) {
    tell(
        new CatalogChange.Removed(
            state.version() + 1,
            new io.fairlead.discovery.InstanceKey(service, id),
            CatalogChange.RemovalReason.DEREGISTERED));
  }

  private void tell(CatalogChange change) {
    state = state.apply(change);
    listeners.forEach(listener -> listener.onEvent(change));
  }
}
