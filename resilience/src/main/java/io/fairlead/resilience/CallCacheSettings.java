package io.fairlead.resilience;

import java.time.Duration;

/**
 * How many results a call cache keeps and for how long. Immutable.
 *
 * @param maxEntries results kept at a time, 1 to 1,000,000
 * @param timeToLive so long after it was loaded a result is served without a call; above 0
 * @param staleIfError so long after that it is still served when the call fails; 0 never does
 */
public record CallCacheSettings(int maxEntries, Duration timeToLive, Duration staleIfError) {
  public CallCacheSettings {
    Require.within("maxEntries", maxEntries, 1, 1_000_000);
    Require.positive("timeToLive", timeToLive);
    Require.notNegative("staleIfError", staleIfError);
  }

  /** 1,000 results for 10 seconds each, and 10 minutes more when the call fails. */
  public static CallCacheSettings defaults() {
    return new CallCacheSettings(1_000, Duration.ofSeconds(10), Duration.ofMinutes(10));
  }

  /** These settings with another {@link #maxEntries}. */
  public CallCacheSettings withMaxEntries(int maxEntries) {
    return new CallCacheSettings(maxEntries, timeToLive, staleIfError);
  }

  /** These settings with another {@link #timeToLive}. */
  public CallCacheSettings withTimeToLive(Duration timeToLive) {
    return new CallCacheSettings(maxEntries, timeToLive, staleIfError);
  }

  /** These settings with another {@link #staleIfError}. */
  public CallCacheSettings withStaleIfError(Duration staleIfError) {
    return new CallCacheSettings(maxEntries, timeToLive, staleIfError);
  }
}
