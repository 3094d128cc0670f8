package io.fairlead.outbox;

import java.util.concurrent.RejectedExecutionException;

/** What became of a message that was to be enqueued. Immutable. */
public sealed interface Enqueued {
  /** It is durable and will be handled. */
  record Accepted(long id) implements Enqueued {}

  /** Its topic has a message with this key already, in this state; nothing was changed. */
  record Duplicate(long id, MessageState state) implements Enqueued {}

  /** The outbox holds as many messages as it may; nothing was stored. */
  record Full(long maxMessages) implements Enqueued {}

  /**
   * This outcome, unless the message is not in the outbox: for callers who take for stored what did
   * not throw.
   *
   * @throws RejectedExecutionException if the outbox is full
   */
  default Enqueued orThrow() {
    return switch (this) {
      case Accepted accepted -> accepted;
      case Duplicate duplicate -> duplicate;
      case Full(long most) ->
          throw new RejectedExecutionException(
              "outbox: holds " + most + " messages, as many as it may");
    };
  }
}
