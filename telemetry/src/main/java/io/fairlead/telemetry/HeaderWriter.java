package io.fairlead.telemetry;

/** Writes the headers of one request. */
@FunctionalInterface
public interface HeaderWriter {
  /** Sets the header and replaces what it had. Names are in lower case. */
  void set(String name, String value);
}
