package io.fairlead.resilience;

/**
 * A durable queue for work that cannot be done now, such as the outbox of {@code fairlead-outbox}.
 * Called by any thread, which may have to wait for a disk.
 */
@FunctionalInterface
public interface LaterQueue {
  /**
   * Stores the work; it is durable when this returns. Storing the same key again does nothing.
   *
   * @throws Exception if it is not stored, which then fails the call
   */
  void enqueue(String idempotencyKey, byte[] payload) throws Exception;
}
