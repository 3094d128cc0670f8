package io.fairlead.proxy.overload;

import io.fairlead.resilience.LoadShedderSettings;

/**
 * What the whole process may use. Immutable.
 *
 * @param maxConnections of clients over all listeners, 1 to 10,000,000; further ones get 503 and
 *     are closed
 * @param maxBufferBytes octets in buffers of the data plane at a time; at least 1 MiB
 * @param shares of these bounds up to which requests of each priority are taken
 * @param full share of these bounds, above every other and at most 1, from which nothing is taken,
 *     no connection is accepted, and those who hold most are cut off
 * @param relief how far below its share a use must fall before its effect ends, 0 to 0.5
 */
public record OverloadSettings(
    int maxConnections,
    long maxBufferBytes,
    LoadShedderSettings shares,
    double full,
    double relief) {
  private static final long LEAST_BUFFER_BYTES = 1 << 20;

  public OverloadSettings {
    if (maxConnections < 1 || maxConnections > 10_000_000) {
      throw new IllegalArgumentException(
          "maxConnections: must be 1 to 10000000, was " + maxConnections);
    }
    if (maxBufferBytes < LEAST_BUFFER_BYTES) {
      throw new IllegalArgumentException(
          "maxBufferBytes: must be at least " + LEAST_BUFFER_BYTES + ", was " + maxBufferBytes);
    }
    if (!(full > shares.critical() && full <= 1)) {
      throw new IllegalArgumentException(
          "full: must be above " + shares.critical() + " and at most 1, was " + full);
    }
    if (!(relief >= 0 && relief <= 0.5)) {
      throw new IllegalArgumentException("relief: must be 0 to 0.5, was " + relief);
    }
  }

  /**
   * What the process can bear: half of its file descriptors as connections, since each may need one
   * to an endpoint too, three quarters of its direct memory in buffers, the rest being what lies
   * between them. Sheddable requests are taken up to 60 and 75 %, others up to 85 %, critical ones
   * up to 95 %; an effect ends 5 % below.
   */
  public static OverloadSettings defaults() {
    return new OverloadSettings(
        ProcessBounds.connections(),
        Math.max(LEAST_BUFFER_BYTES, ProcessBounds.directMemory() / 4 * 3),
        new LoadShedderSettings(0.85, 0.75, 0.6),
        0.95,
        0.05);
  }

  /** These settings with another {@link #maxConnections}. */
  public OverloadSettings withMaxConnections(int connections) {
    return new OverloadSettings(connections, maxBufferBytes, shares, full, relief);
  }

  /** These settings with another {@link #maxBufferBytes}. */
  public OverloadSettings withMaxBufferBytes(long bytes) {
    return new OverloadSettings(maxConnections, bytes, shares, full, relief);
  }
}
