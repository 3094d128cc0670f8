package io.fairlead.proxy.http2;

import io.fairlead.traffic.HttpBounds;

/**
 * The bounds on what a peer may ask of one HTTP/2 connection. Immutable.
 *
 * @param maxStreams streams of the peer at the same time, 1 to 1,000,000; further ones are refused
 * @param streamWindowBytes of a body that a stream may have under way, 16 KiB to 16 MiB
 * @param connectionWindowBytes the same of all streams together, at least {@code streamWindowBytes}
 *     and at most 256 MiB
 * @param maxResets streams that the peer gives up or has given up by its faults, in ten seconds;
 *     beyond, the connection ends (CVE-2023-44487, CVE-2025-8671)
 * @param maxIdleFrames frames that bring nothing (empty data, pings, priorities, settings) in ten
 *     seconds, counted anew by each that does; beyond, the connection ends (CVE-2019-9512, -9513,
 *     -9515, -9518)
 */
public record Http2Limits(
    int maxStreams,
    int streamWindowBytes,
    int connectionWindowBytes,
    int maxResets,
    int maxIdleFrames) {
  public Http2Limits {
    within("maxStreams", maxStreams, 1, 1_000_000);
    within("streamWindowBytes", streamWindowBytes, 16 << 10, 16 << 20);
    within("connectionWindowBytes", connectionWindowBytes, streamWindowBytes, 256 << 20);
    within("maxResets", maxResets, 1, 1_000_000);
    within("maxIdleFrames", maxIdleFrames, 10, 1_000_000);
  }

  /** The usual ones, which hold for endpoints too. */
  public static Http2Limits defaults() {
    return of(HttpBounds.USUAL);
  }

  /** Those that a listener has for its clients. */
  public static Http2Limits of(HttpBounds bounds) {
    return new Http2Limits(
        bounds.maxStreams(),
        bounds.streamWindowBytes(),
        bounds.connectionWindowBytes(),
        bounds.maxResets(),
        bounds.maxIdleFrames());
  }

  private static void within(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }
}
