package io.fairlead.resilience;

/**
 * What a bounded process used at one moment; figures of an ended one are those at its end.
 * Immutable.
 *
 * @param name the name of the group
 * @param pid the process
 * @param limits the limits in force
 * @param memoryBytes memory in use, of the whole group
 * @param throttledNanos time that its threads had to wait because the processors were used up
 * @param memoryKills processes of the group that the kernel killed for memory
 */
public record BoundedProcessSnapshot(
    String name,
    long pid,
    ProcessLimits limits,
    long memoryBytes,
    long throttledNanos,
    long memoryKills) {}
