package io.fairlead.outbox;

import java.time.Instant;

/**
 * A message that is no longer tried. Immutable; its content stays in the outbox.
 *
 * @param id its number, to requeue it by
 * @param topic its topic
 * @param key its idempotency key
 * @param attempts how often it was tried
 * @param enqueuedAt when it was enqueued
 * @param diedAt when the last attempt failed
 * @param reason why it failed
 */
public record DeadLetter(
    long id,
    String topic,
    String key,
    int attempts,
    Instant enqueuedAt,
    Instant diedAt,
    String reason) {}
