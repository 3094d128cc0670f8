package io.fairlead.interop.envoy;

import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogListener;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.CatalogSource;
import io.fairlead.discovery.CatalogWatch;
import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.WatchRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A catalog without leases that tells its listeners on the caller's thread. */
public final class MemoryCatalog implements CatalogSource {
  private final List<CatalogListener> listeners = new CopyOnWriteArrayList<>();
  private CatalogSnapshot state = new CatalogSnapshot("memory", 0, Map.of());

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

  public synchronized void put(InstanceKey key, int port, Map<String, String> metadata) {
    var instance =
        new Instance(
            key.service(), key.id(), "127.0.0.1", port, "v1", Map.of(), metadata, HealthStatus.UP);
    tell(new CatalogChange.Put(state.version() + 1, instance));
  }

  public synchronized void remove(InstanceKey key) {
    var reason = CatalogChange.RemovalReason.DEREGISTERED;
    tell(new CatalogChange.Removed(state.version() + 1, key, reason));
  }

  private void tell(CatalogChange change) {
    state = state.apply(change);
    listeners.forEach(listener -> listener.onEvent(change));
  }
}
