package io.fairlead.traces;

/** Value of an attribute. Arrays, maps and bytes are kept as their JSON text. */
public sealed interface AttributeValue {
  /** The value as text, which searches compare. */
  String text();

  /** A text. */
  record Text(String text) implements AttributeValue {}

  /** A truth value. */
  record Bool(boolean value) implements AttributeValue {
    @Override
    public String text() {
      return Boolean.toString(value);
    }
  }

  /** A whole number. */
  record Int(long value) implements AttributeValue {
    @Override
    public String text() {
      return Long.toString(value);
    }
  }

  /** A number with a fraction. */
  record Real(double value) implements AttributeValue {
    @Override
    public String text() {
      return Double.toString(value);
    }
  }

  /** A text. */
  static AttributeValue of(String text) {
    return new Text(text);
  }
}
