package io.fairlead.outbox;

import java.nio.charset.StandardCharsets;

/** What is to be enqueued; the payload is a copy of its own. */
record Envelope(String topic, String key, byte[] payload) {
  private static final int MAX_NAME = 255;

  Envelope {
    checkName("topic", topic);
    checkName("idempotencyKey", key);
  }

  private static void checkName(String field, String value) {
    if (value.isEmpty() || value.length() > MAX_NAME) {
      throw new IllegalArgumentException(
          field + ": must have 1 to " + MAX_NAME + " characters, had " + value.length());
    }
    // What PostgreSQL cannot keep would be another name when it is read.
    boolean storable =
        value.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(value);
    if (!storable) {
      throw new IllegalArgumentException(
          field + ": must be text without the character 0 and half surrogate pairs");
    }
  }
}
