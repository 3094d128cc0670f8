package io.fairlead.outbox;

import java.time.Duration;

/** What a handler made of a message. Immutable. */
public sealed interface Handled {
  /** It is done, for good. */
  record Done() implements Handled {}

  /** It failed; it is tried again, or dead if this was the last attempt. */
  record Failed(String reason) implements Handled {}

  /** It can never succeed; it is dead at once. */
  record Rejected(String reason) implements Handled {}

  /** It was not tried, as a circuit breaker is open; not an attempt, due again after this time. */
  record Postponed(Duration delay) implements Handled {
    public Postponed {
      OutboxSettings.positive("delay", delay);
    }
  }

  static Handled done() {
    return new Done();
  }

  static Handled failed(String reason) {
    return new Failed(reason);
  }

  static Handled rejected(String reason) {
    return new Rejected(reason);
  }

  static Handled postponed(Duration delay) {
    return new Postponed(delay);
  }
}
