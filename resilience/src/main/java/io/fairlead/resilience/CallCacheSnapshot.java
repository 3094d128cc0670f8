package io.fairlead.resilience;

/**
 * What a call cache knew at one moment. Immutable.
 *
 * @param name the name of the cache
 * @param entries results that are kept
 * @param hits callers served from the cache with a result in its time to live
 * @param misses calls made
 * @param joined callers that waited for the call of another
 * @param failures calls that failed
 * @param staleServed callers served with an older result after a failure
 * @param evictions results dropped to make room
 */
public record CallCacheSnapshot(
    String name,
    int entries,
    long hits,
    long misses,
    long joined,
    long failures,
    long staleServed,
    long evictions) {}
