package io.fairlead.discovery;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * How a {@link RegistryClient} reaches the registry. Immutable.
 *
 * @param registries base addresses of equal registries, tried in turn; {@code http} or {@code
 *     https}, at least one
 * @param connectTimeout bound of a connection attempt
 * @param requestTimeout bound of one exchange, watches excepted
 * @param idleTimeout a watch that hears nothing for so long, not even a keep-alive, reconnects
 * @param backoff waits between failed attempts
 * @param maxResponseBytes longest answer and longest event of a watch
 * @param maxRegistrations most registrations open at once
 * @param maxWatches most watches open at once
 */
public record RegistryClientSettings(
    List<URI> registries,
    Duration connectTimeout,
    Duration requestTimeout,
    Duration idleTimeout,
    Backoff backoff,
    int maxResponseBytes,
    int maxRegistrations,
    int maxWatches) {

  public RegistryClientSettings {
    registries = List.copyOf(registries);
    if (registries.isEmpty()) {
      throw new IllegalArgumentException("registries: must name at least one address, was empty");
    }
    registries.forEach(RegistryClientSettings::verify);
    positive("connectTimeout", connectTimeout);
    positive("requestTimeout", requestTimeout);
    positive("idleTimeout", idleTimeout);
    positive("maxResponseBytes", maxResponseBytes);
    positive("maxRegistrations", maxRegistrations);
    positive("maxWatches", maxWatches);
  }

  /** Connects within 2 s, exchanges within 5 s, and takes a watch for dead after 30 s. */
  public static RegistryClientSettings of(URI... registries) {
    return new RegistryClientSettings(
        List.of(registries),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5)),
        64 << 20,
        1024,
        64);
  }

  /** The same with another idle bound for watches. */
  public RegistryClientSettings withIdleTimeout(Duration timeout) {
    return new RegistryClientSettings(
        registries,
        connectTimeout,
        requestTimeout,
        timeout,
        backoff,
        maxResponseBytes,
        maxRegistrations,
        maxWatches);
  }

  private static void verify(URI registry) {
    boolean http = "http".equals(registry.getScheme()) || "https".equals(registry.getScheme());
    if (!http || registry.getHost() == null || registry.getRawQuery() != null) {
      throw new IllegalArgumentException(
          "registries: each must be http://HOST:PORT or https://HOST:PORT, was " + registry);
    }
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
