package io.fairlead.resilience;

import java.util.OptionalInt;

/**
 * What a process and all that it starts may use together. Immutable.
 *
 * @param cpus processors, 0.01 to 1,024; a share of each tenth of a second
 * @param memoryBytes memory without swap, 1 MiB to 1 PiB; beyond it the kernel kills
 * @param pids processes and threads, 1 to 4,194,304, or no limit
 */
public record ProcessLimits(double cpus, long memoryBytes, OptionalInt pids) {
  private static final long MIB = 1L << 20;

  public ProcessLimits {
    Require.within("cpus", cpus, 0.01, 1_024.0);
    Require.within("memoryBytes", memoryBytes, MIB, 1L << 50);
    if (pids.isPresent()) {
      Require.within("pids", pids.getAsInt(), 1, 4_194_304);
    }
  }

  /** One processor and 512 MiB. */
  public static ProcessLimits defaults() {
    return new ProcessLimits(1, 512 * MIB, OptionalInt.empty());
  }

  /** These limits with other {@link #cpus}. */
  public ProcessLimits withCpus(double cpus) {
    return new ProcessLimits(cpus, memoryBytes, pids);
  }

  /** These limits with other {@link #memoryBytes}. */
  public ProcessLimits withMemoryBytes(long memoryBytes) {
    return new ProcessLimits(cpus, memoryBytes, pids);
  }

  /** These limits with other {@link #pids}. */
  public ProcessLimits withPids(OptionalInt pids) {
    return new ProcessLimits(cpus, memoryBytes, pids);
  }
}
