package io.fairlead.registry;

import io.fairlead.discovery.InstanceKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A store that lives as long as its process: for tests and for `--data none`. Single-threaded. */
public final class InMemoryCatalogStore implements CatalogStore {
  private final String catalogId = UUID.randomUUID().toString();
  private final Map<InstanceKey, StoredEntry> entries = new HashMap<>();
  private long version;

  @Override
  public StoredCatalog load() {
    return new StoredCatalog(catalogId, version, List.copyOf(entries.values()));
  }

  @Override
  public void write(List<StoreWrite> batch) {
    for (StoreWrite write : batch) {
      switch (write) {
        case StoreWrite.Put(long at, var request) ->
            entries.put(request.instance().key(), new StoredEntry(at, request));
        case StoreWrite.Remove(long _, var key) -> entries.remove(key);
      }
      version = write.version();
    }
  }

  @Override
  public void close() {
    // Nothing to let go of: the state is garbage with this object.
  }
}
