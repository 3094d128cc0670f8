package io.fairlead.proxy.trace;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Where spans go and the bounds on the way. Immutable.
 *
 * @param endpoint base address of OTLP over HTTP; {@code /v1/traces} is appended. Empty makes no
 *     spans and passes trace headers on as they are
 * @param maxQueued spans that wait, 1 to 1,000,000; further ones are dropped and counted
 * @param maxBatch spans of one export, 1 to {@code maxQueued}
 * @param period a span waits no longer than this for others
 * @param timeout of one export
 * @param maxBackOff longest wait after exports that failed
 */
public record ExportSettings(
    Optional<URI> endpoint,
    int maxQueued,
    int maxBatch,
    Duration period,
    Duration timeout,
    Duration maxBackOff) {
  public ExportSettings {
    endpoint.ifPresent(ExportSettings::check);
    if (maxQueued < 1 || maxQueued > 1_000_000) {
      throw new IllegalArgumentException("maxQueued: must be 1 to 1000000, was " + maxQueued);
    }
    if (maxBatch < 1 || maxBatch > maxQueued) {
      throw new IllegalArgumentException(
          "maxBatch: must be 1 to " + maxQueued + ", was " + maxBatch);
    }
    positive("period", period);
    positive("timeout", timeout);
    positive("maxBackOff", maxBackOff);
  }

  /**
   * No endpoint; 4,096 spans, 512 of them at a time, every second, 5 s to wait at most. An export
   * at a low rate runs on a cold processor and costs as much as a hundred requests, so there should
   * be few of them.
   */
  public static ExportSettings defaults() {
    return new ExportSettings(
        Optional.empty(),
        4_096,
        512,
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5));
  }

  /** These settings with an endpoint. */
  public ExportSettings withEndpoint(URI uri) {
    return new ExportSettings(Optional.of(uri), maxQueued, maxBatch, period, timeout, maxBackOff);
  }

  private static void check(URI uri) {
    if (!"http".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
      throw new IllegalArgumentException("endpoint: must be http://HOST[:PORT][/PATH], was " + uri);
    }
  }

  private static void positive(String field, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }
}
