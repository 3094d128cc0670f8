package io.fairlead.outbox;

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
  }
}
