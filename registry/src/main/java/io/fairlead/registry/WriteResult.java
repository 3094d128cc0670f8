package io.fairlead.registry;

import io.fairlead.discovery.Problem;

/** What became of a change that was asked of the catalog. */
public sealed interface WriteResult {
  /**
   * It holds and is stored as durably as the engine can.
   *
   * @param version version of the catalog that holds it
   * @param effect what it changed
   */
  record Written(long version, Effect effect) implements WriteResult {}

  /**
   * It does not hold, and nothing has changed.
   *
   * @param problem why
   */
  record Refused(Problem problem) implements WriteResult {}

  /** What a change did. */
  enum Effect {
    /** The instance is new. */
    CREATED,
    /** The instance was there and says something else now. */
    UPDATED,
    /** The instance is gone. */
    REMOVED,
    /** It was so already. */
    UNCHANGED
  }
}
