package io.fairlead.outbox;

/**
 * Does the work of a message. Called on the worker's threads, as many at a time as it has.
 *
 * <p>A message is handled at least once. If the process dies between the work and its record, it is
 * handled again: the work has to be idempotent by {@link Message#key()}, or pass the key to someone
 * who is. Once it is recorded as done, no worker handles it again.
 */
@FunctionalInterface
public interface Handler {
  /** Handles the message within the worker's lease. What it throws counts as {@code failed}. */
  Handled handle(Message message) throws Exception;
}
