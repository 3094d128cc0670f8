package io.fairlead.resilience;

/**
 * What a thread pool bulkhead knew at one moment. Immutable.
 *
 * @param name the name of the bulkhead
 * @param maxThreads calls that may run at a time
 * @param queueCapacity calls that may wait for a thread
 * @param running calls that run; a cancelled one runs until it heeds the interrupt
 * @param queued calls that wait for a thread
 * @param startedCalls calls that have got a thread since the start
 * @param rejectedCalls calls rejected since the start
 * @param queueNanos time that all started calls together have waited for their threads
 * @param longestQueueNanos the longest of those waits
 */
public record ThreadPoolBulkheadSnapshot(
    String name,
    int maxThreads,
    int queueCapacity,
    int running,
    int queued,
    long startedCalls,
    long rejectedCalls,
    long queueNanos,
    long longestQueueNanos) {}
