package io.fairlead.resilience;

/**
 * What a rate limiter knew at one moment. Immutable.
 *
 * @param name the name of the limiter
 * @param settings the settings in force
 * @param available calls that may pass now
 * @param waiting callers that wait for their turn in {@code acquire}
 * @param rejectedCalls calls refused since the start
 */
public record RateLimiterSnapshot(
    String name, RateLimitSettings settings, long available, int waiting, long rejectedCalls) {}
