package io.fairlead.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps its state in memory, counts its transactions, and fails while a test says so. */
final class FaultyCatalogStore implements CatalogStore {
  private final InMemoryCatalogStore state = new InMemoryCatalogStore();
  final List<Integer> batchSizes = new ArrayList<>();
  final AtomicInteger failures = new AtomicInteger();

  /** Makes the next writes fail. */
  void failNext(int writes) {
    failures.set(writes);
  }

  @Override
  public StoredCatalog load() {
    return state.load();
  }

  @Override
  public void write(List<StoreWrite> batch) throws StoreException {
    if (failures.getAndUpdate(left -> Math.max(left - 1, 0)) > 0) {
      throw new StoreException("cannot write: the disk is full", new IOException("ENOSPC"));
    }
    batchSizes.add(batch.size());
    state.write(batch);
  }

  @Override
  public void close() {
    state.close();
  }
}
