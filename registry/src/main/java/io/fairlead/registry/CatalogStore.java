package io.fairlead.registry;

import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.RegistrationRequest;
import java.util.List;

/**
 * Where the catalog survives. One writer at a time calls it; implementations need not be safe for
 * more. Only changes of state come here, never heartbeats.
 */
public interface CatalogStore extends AutoCloseable {
  /**
   * All that was ever written and not removed.
   *
   * @throws StoreException if it cannot be read
   */
  StoredCatalog load() throws StoreException;

  /**
   * Writes the whole batch in the order given, as one step: when this returns it survives the end
   * of the process (for a durable engine also that of the machine), and when it throws nothing of
   * it is held and the store serves on.
   *
   * @param batch changes with versions that ascend by one from the stored version on, not empty
   * @throws StoreException if the engine cannot write now, such as a full disk
   */
  void write(List<StoreWrite> batch) throws StoreException;

  /** Lets go of files. What was written before stays. */
  @Override
  void close();

  /**
   * The stored state.
   *
   * @param catalogId names the history that the versions count in; made by the store when it is new
   * @param version version of the last change
   * @param entries what is registered, in no particular order
   */
  record StoredCatalog(String catalogId, long version, List<StoredEntry> entries) {
    public StoredCatalog {
      entries = List.copyOf(entries);
    }
  }

  /**
   * One registered instance.
   *
   * @param version version of its last change
   * @param request the instance and its lease
   */
  record StoredEntry(long version, RegistrationRequest request) {}

  /** One change of the stored state. */
  sealed interface StoreWrite {
    /** Version of the catalog after this change. */
    long version();

    /** Holds the instance in the place of what its key held before. */
    record Put(long version, RegistrationRequest request) implements StoreWrite {}

    /** Forgets the instance; it need not exist. */
    record Remove(long version, InstanceKey key) implements StoreWrite {}
  }
}
