package io.fairlead.resilience;

/**
 * What a bulkhead knew at one moment. Immutable.
 *
 * @param name the name of the bulkhead
 * @param maxConcurrentCalls calls that may run at a time
 * @param inUse calls that run; above the maximum only after it was lowered
 * @param waiting calls that wait for their turn
 * @param rejectedCalls calls rejected since the start
 */
public record BulkheadSnapshot(
    String name, int maxConcurrentCalls, int inUse, int waiting, long rejectedCalls) {}
