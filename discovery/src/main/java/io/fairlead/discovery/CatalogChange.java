package io.fairlead.discovery;

/** One change of the catalog. Each has its own version, one above the change before it. */
public sealed interface CatalogChange extends CatalogEvent {
  /** The service that changed. Its per-service version becomes {@link #version()}. */
  String service();

  /**
   * An instance is new or says something else than before.
   *
   * @param version version of the catalog that holds this change, above 0
   * @param instance its whole new state
   */
  record Put(long version, Instance instance) implements CatalogChange {
    public Put {
      verify(version);
    }

    @Override
    public String service() {
      return instance.service();
    }
  }

  /**
   * An instance is gone.
   *
   * @param version version of the catalog that holds this change, above 0
   * @param key which instance
   * @param reason why it is gone
   */
  record Removed(long version, InstanceKey key, RemovalReason reason) implements CatalogChange {
    public Removed {
      verify(version);
    }

    @Override
    public String service() {
      return key.service();
    }
  }

  /** Why an instance left the catalog. */
  enum RemovalReason {
    /** It, or its registrar, said so. */
    DEREGISTERED,
    /** Its lease ran out without a heartbeat. */
    EXPIRED
  }

  private static void verify(long version) {
    if (version <= 0) {
      throw new IllegalArgumentException("version: must be above 0, was " + version);
    }
  }
}
