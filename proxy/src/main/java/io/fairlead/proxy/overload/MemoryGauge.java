package io.fairlead.proxy.overload;

/**
 * Watches what one loop reads from its sockets: after so many octets it has the use of memory
 * looked at, and when memory is short it allows small pieces only. So the use cannot run away
 * between two looks of a timer. Belongs to its loop.
 */
public final class MemoryGauge {
  /** Looks at the use of memory while the bound is filled once, on each loop. */
  private static final int LOOKS = 128;

  private static final int TIGHT_BYTES = 2_048;

  /** So many connections can be ready at once that even these add up. */
  private static final int FULL_BYTES = 256;

  private final Overload overload;
  private final int stepBytes;
  private int unseenBytes;

  /**
   * @param loops that share the bound
   */
  public MemoryGauge(Overload overload, int loops) {
    this.overload = overload;
    long step = overload.settings().maxBufferBytes() / LOOKS / loops;
    stepBytes = (int) Math.clamp(step, 16 << 10, 4 << 20);
  }

  /**
   * A piece of this size is about to be read.
   *
   * @return how much of it may be
   */
  public int allowed(int bytes) {
    unseenBytes += bytes;
    if (unseenBytes >= stepBytes) {
      unseenBytes = 0;
      overload.measure();
    }
    if (!overload.isTight()) {
      return bytes;
    }
    return Math.min(bytes, overload.isFull() ? FULL_BYTES : TIGHT_BYTES);
  }

  /** Whether memory is short. */
  public boolean isTight() {
    return overload.isTight();
  }
}
