package io.fairlead.registry;

import java.time.Duration;

/**
 * The whole configuration of a {@link Registry}. Immutable.
 *
 * @param catalog bounds of the catalog
 * @param expiryScan time between two looks for leases that have run out
 * @param keepAlive longest silence on the stream of a watch
 * @param slowReaderTimeout a watch whose reader takes nothing for so long is ended
 * @param maxWatches most watches over HTTP at once; further ones are refused
 * @param maxBodyBytes longest body of a request
 */
public record RegistrySettings(
    CatalogSettings catalog,
    Duration expiryScan,
    Duration keepAlive,
    Duration slowReaderTimeout,
    int maxWatches,
    int maxBodyBytes) {

  public RegistrySettings {
    positive("expiryScan", expiryScan);
    positive("keepAlive", keepAlive);
    positive("slowReaderTimeout", slowReaderTimeout);
    positive("maxWatches", maxWatches);
    positive("maxBodyBytes", maxBodyBytes);
  }

  /** Expiry every 500 ms, keep-alive every 10 s, 1,024 watches, bodies of 64 KiB. */
  public static RegistrySettings defaults() {
    return new RegistrySettings(
        CatalogSettings.defaults(),
        Duration.ofMillis(500),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        1024,
        64 << 10);
  }

  /** The same with other bounds of the catalog. */
  public RegistrySettings withCatalog(CatalogSettings other) {
    return new RegistrySettings(
        other, expiryScan, keepAlive, slowReaderTimeout, maxWatches, maxBodyBytes);
  }

  /** The same with another longest silence of watches. */
  public RegistrySettings withKeepAlive(Duration other) {
    return new RegistrySettings(
        catalog, expiryScan, other, slowReaderTimeout, maxWatches, maxBodyBytes);
  }

  /** The same with another bound of watches. */
  public RegistrySettings withMaxWatches(int other) {
    return new RegistrySettings(
        catalog, expiryScan, keepAlive, slowReaderTimeout, other, maxBodyBytes);
  }

  private static void positive(String field, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }

  private static void positive(String field, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }
}
