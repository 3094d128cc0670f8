package io.fairlead.outbox;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** A message in the hands of a worker. Immutable. */
public final class Message {
  private final long id;
  private final String topic;
  private final String key;
  private final byte[] payload;
  private final int attempt;
  private final Instant enqueuedAt;

  Message(long id, String topic, String key, byte[] payload, int attempt, Instant enqueuedAt) {
    this.id = id;
    this.topic = topic;
    this.key = key;
    this.payload = payload;
    this.attempt = attempt;
    this.enqueuedAt = enqueuedAt;
  }

  /** Its number in this outbox. */
  public long id() {
    return id;
  }

  public String topic() {
    return topic;
  }

  /** Its idempotency key: pass it on, so that whoever is called can tell a second attempt. */
  public String key() {
    return key;
  }

  /** A copy of its content. */
  public byte[] payload() {
    return payload.clone();
  }

  /** Its content as UTF-8 text. */
  public String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  /** Which attempt this is, from 1. */
  public int attempt() {
    return attempt;
  }

  /** When it was enqueued. */
  public Instant enqueuedAt() {
    return enqueuedAt;
  }

  /** Without the content, which may be secret. */
  @Override
  public String toString() {
    return "message %d of %s, key %s, attempt %d".formatted(id, topic, key, attempt);
  }
}
