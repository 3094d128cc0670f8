package io.fairlead.outbox;

/** Where a message stands. */
public enum MessageState {
  /** It waits for a worker, or one is handling it. */
  WAITING,
  /** It was handled; only its key is remembered. */
  DONE,
  /** All attempts failed, or it was rejected; it can be requeued. */
  DEAD
}
