package io.fairlead.resilience;

/**
 * How a bounded process ended. Immutable.
 *
 * @param exitValue its exit value; 128 plus the signal that killed it, so 137 for the kernel's kill
 * @param memoryKills processes of its group that the kernel killed because the memory was used up
 */
public record ProcessEnd(int exitValue, long memoryKills) {
  /** Whether the memory limit cost it or one of its children their life. */
  public boolean killedForMemory() {
    return memoryKills > 0;
  }
}
