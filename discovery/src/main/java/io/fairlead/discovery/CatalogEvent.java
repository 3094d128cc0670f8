package io.fairlead.discovery;

/** What a watcher of the catalog receives: a change that follows, or a new start. */
public sealed interface CatalogEvent permits CatalogChange, CatalogEvent.Resync {
  /** Version of the catalog after this event. */
  long version();

  /**
   * The whole watched state: first contact, a version too old or unknown to resume from, or a
   * watcher that fell behind its bound. It replaces everything seen before.
   *
   * @param snapshot the state; only the watched service if one was asked for
   */
  record Resync(CatalogSnapshot snapshot) implements CatalogEvent {
    @Override
    public long version() {
      return snapshot.version();
    }
  }
}
