package io.fairlead.traffic;

/**
 * Bounds on what a client may ask of HTTP on one connection of a listener. Immutable.
 *
 * @param maxStreams of HTTP/2 at the same time, 1 to 1,000,000; further ones are refused
 * @param streamWindowBytes of a body that a stream may have under way, 65,535 to 16 MiB
 * @param connectionWindowBytes the same of all streams together, at least {@code streamWindowBytes}
 *     and at most 256 MiB
 * @param maxResets streams that the client gives up, or that end by its faults, in ten seconds, 1
 *     to 1,000,000; beyond, the connection ends
 * @param maxIdleFrames frames one after the other that bring nothing, in ten seconds, 10 to
 *     1,000,000; beyond, the connection ends
 * @param maxHeadKib KiB of a request's head in any version, 1 to 8,192; 0 leaves it to the bound
 *     that a data plane has for itself, which counts in any case
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto">
 *     envoy.config.core.v3.Http2ProtocolOptions</a>
 */
public record HttpBounds(
    int maxStreams,
    int streamWindowBytes,
    int connectionWindowBytes,
    int maxResets,
    int maxIdleFrames,
    int maxHeadKib) {
  /** 128 streams, 256 KiB of each and 4 MiB of all under way, 1,000 resets and idle frames. */
  public static final HttpBounds USUAL = new HttpBounds(128, 256 << 10, 4 << 20, 1_000, 1_000, 0);

  public HttpBounds {
    within("maxStreams", maxStreams, 1, 1_000_000);
    within("streamWindowBytes", streamWindowBytes, 65_535, 16 << 20);
    within("connectionWindowBytes", connectionWindowBytes, streamWindowBytes, 256 << 20);
    within("maxResets", maxResets, 1, 1_000_000);
    within("maxIdleFrames", maxIdleFrames, 10, 1_000_000);
    within("maxHeadKib", maxHeadKib, 0, 8_192);
  }

  private static void within(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }
}
