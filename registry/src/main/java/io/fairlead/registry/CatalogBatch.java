package io.fairlead.registry;

import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogChange.RemovalReason;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.registry.CatalogStore.StoreWrite;
import io.fairlead.registry.WriteResult.Effect;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes planned together: each sees those before it, and none holds until all are stored.
 * Single-threaded.
 */
final class CatalogBatch {
  private final Map<InstanceKey, CatalogEntry> committed;
  private final Map<InstanceKey, Optional<CatalogEntry>> planned = new HashMap<>();
  private final List<StoreWrite> writes = new ArrayList<>();
  private final List<CatalogChange> changes = new ArrayList<>();
  private long version;
  private int size;

  CatalogBatch(Map<InstanceKey, CatalogEntry> committed, long version) {
    this.committed = committed;
    this.version = version;
    this.size = committed.size();
  }

  /** What the key holds after the changes planned so far. */
  @Nullable CatalogEntry get(InstanceKey key) {
    var entry = planned.get(key);
    return entry == null ? committed.get(key) : entry.orElse(null);
  }

  Effect put(RegistrationRequest request, Lease lease) {
    var key = request.instance().key();
    var before = get(key);
    version++;
    planned.put(key, Optional.of(new CatalogEntry(request, version, lease)));
    writes.add(new StoreWrite.Put(version, request));
    changes.add(new CatalogChange.Put(version, request.instance()));
    if (before == null) {
      size++;
      return Effect.CREATED;
    }
    return Effect.UPDATED;
  }

  void remove(InstanceKey key, RemovalReason reason) {
    version++;
    size--;
    planned.put(key, Optional.empty());
    writes.add(new StoreWrite.Remove(version, key));
    changes.add(new CatalogChange.Removed(version, key, reason));
  }

  /** Instances after the changes planned so far. */
  int size() {
    return size;
  }

  long version() {
    return version;
  }

  List<StoreWrite> writes() {
    return writes;
  }

  List<CatalogChange> changes() {
    return changes;
  }

  /** Moves what was planned into the committed entries. */
  void commit() {
    planned.forEach(
        (key, entry) ->
            entry.ifPresentOrElse(e -> committed.put(key, e), () -> committed.remove(key)));
  }
}
