package io.fairlead.resilience;

/**
 * What an adaptive limit knew at one moment. Immutable.
 *
 * @param name the name of the limit
 * @param limit calls that may run at a time; halved while the gradient probes
 * @param inFlight calls that run; above the limit only after it was lowered
 * @param rejectedCalls calls rejected since the start
 * @param droppedCalls calls told as dropped, or too slow for AIMD, since the start
 * @param timesLowered how often a dropped call lowered the limit
 */
public record AdaptiveLimitSnapshot(
    String name,
    int limit,
    int inFlight,
    long rejectedCalls,
    long droppedCalls,
    long timesLowered) {}
