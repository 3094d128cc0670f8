package io.fairlead.outbox;

/** What became of a message that was to be enqueued. Immutable. */
public sealed interface Enqueued {
  /** It is durable and will be handled. */
  record Accepted(long id) implements Enqueued {}

  /** Its topic has a message with this key already, in this state; nothing was changed. */
  record Duplicate(long id, MessageState state) implements Enqueued {}

  /** The outbox holds as many messages as it may; nothing was stored. */
  record Full(long maxMessages) implements Enqueued {}
}
