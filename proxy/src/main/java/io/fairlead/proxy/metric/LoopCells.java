package io.fairlead.proxy.metric;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Numbers that each loop counts in cells of its own, so that counting costs no atomic instruction.
 * Each loop is told by its index, and adds on its own thread; all threads may read.
 */
final class LoopCells {
  /** From the first cell of one loop to that of the next, in different cache lines. */
  private final int stride;

  private final AtomicLongArray cells;

  /**
   * @param each cells of one loop
   */
  LoopCells(int loops, int each) {
    stride = (each + 15) / 8 * 8;
    cells = new AtomicLongArray(loops * stride);
  }

  void add(int loop, int cell, int number) {
    int at = loop * stride + cell;
    // Only this loop writes here, so that nothing can come between the two.
    cells.setOpaque(at, cells.getPlain(at) + number);
  }

  /** Of all loops. */
  long sum(int cell) {
    long sum = 0;
    for (int at = cell; at < cells.length(); at += stride) {
      sum += cells.getOpaque(at);
    }
    return sum;
  }
}
