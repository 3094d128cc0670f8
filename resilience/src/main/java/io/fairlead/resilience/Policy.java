package io.fairlead.resilience;

/**
 * A state machine that stands before calls. Safe for all threads; nothing but its users refers to
 * it. Its {@code toString} tells its state in one line.
 */
public interface Policy {
  /** The name by which messages, snapshots, events and metrics call it. */
  String name();

  /**
   * Whether forgetting it would change nothing for the next call but what was counted: nothing is
   * open, running or used up.
   */
  boolean isAtRest();
}
