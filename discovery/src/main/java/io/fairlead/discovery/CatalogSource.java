package io.fairlead.discovery;

/**
 * Where the catalog comes from: the registry in the same process, or a client of one elsewhere.
 * Implementations are safe for use by many threads.
 */
public interface CatalogSource {
  /** The last good state, at once and without I/O; empty before the first contact. */
  CatalogSnapshot snapshot();

  /**
   * Calls the listener with every event after the request's version, in the order of versions, one
   * at a time, until the watch is closed. If the version cannot be resumed from, the first event is
   * a resync. A listener that falls behind its bound gets a resync in place of what it missed.
   */
  CatalogWatch watch(WatchRequest request, CatalogListener listener);
}
