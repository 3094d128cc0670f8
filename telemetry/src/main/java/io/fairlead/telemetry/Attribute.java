package io.fairlead.telemetry;

/** A named value on a span, an event or a resource. Immutable. */
public sealed interface Attribute {
  /** The name, such as {@code http.response.status_code}; not empty. */
  String key();

  /** A text. */
  record Text(String key, String value) implements Attribute {
    public Text {
      checkKey(key);
    }
  }

  /** A whole number. */
  record Number(String key, long value) implements Attribute {
    public Number {
      checkKey(key);
    }
  }

  static Attribute of(String key, String value) {
    return new Text(key, value);
  }

  static Attribute of(String key, long value) {
    return new Number(key, value);
  }

  private static void checkKey(String key) {
    if (key.isEmpty()) {
      throw new IllegalArgumentException("key: must not be empty");
    }
  }
}
