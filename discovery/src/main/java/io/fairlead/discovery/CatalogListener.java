package io.fairlead.discovery;

/**
 * Receives the events of one watch, one at a time, on a thread of the source. It may block, and
 * then falls behind alone. What it throws is logged and ends its watch.
 */
@FunctionalInterface
public interface CatalogListener {
  /** Takes the next event. */
  void onEvent(CatalogEvent event);

  /** The source was lost or found again. The last good state stays in force while it is away. */
  default void onState(SourceState state) {}
}
