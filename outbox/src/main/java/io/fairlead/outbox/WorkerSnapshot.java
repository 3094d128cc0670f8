package io.fairlead.outbox;

/**
 * What a worker has done since it was made. Immutable.
 *
 * @param done messages completed
 * @param failed attempts that failed and were or are tried again
 * @param dead messages given up
 * @param postponed messages put off without an attempt
 * @param lostLeases outcomes that came after the lease and were dropped
 * @param storeFailures times that the database failed
 */
public record WorkerSnapshot(
    long done, long failed, long dead, long postponed, long lostLeases, long storeFailures) {}
