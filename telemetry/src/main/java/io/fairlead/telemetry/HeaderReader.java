package io.fairlead.telemetry;

import org.jspecify.annotations.Nullable;

/** Reads the headers of one request. */
@FunctionalInterface
public interface HeaderReader {
  /**
   * The value of the header, or null if there is none. Names are in lower case and match any case.
   * Several {@code tracestate} headers are one value, joined by commas; of others the first counts.
   */
  @Nullable String first(String name);
}
