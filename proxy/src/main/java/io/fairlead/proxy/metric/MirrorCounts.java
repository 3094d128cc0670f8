package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.MirrorOutcome;
import io.fairlead.proxy.exchange.MirrorTarget;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts of the copies for one cluster. Each loop writes cells of its own, which whoever reads adds
 * up.
 */
final class MirrorCounts implements MirrorTarget.Counter {
  private static final int BEGUN = 0;
  private static final int OVER = 1;
  private static final int SENT = 2;
  private static final int OUTCOMES = 3;

  /** Cells of different loops lie in different cache lines. */
  private static final int STRIDE = (OUTCOMES + MirrorOutcome.values().length + 15) / 8 * 8;

  private final AtomicLongArray cells;

  MirrorCounts(int loops) {
    cells = new AtomicLongArray(loops * STRIDE);
  }

  private void add(int loop, int cell) {
    int at = loop * STRIDE + cell;
    // Only this loop writes here, so that nothing can come between the two.
    cells.setOpaque(at, cells.getPlain(at) + 1);
  }

  @Override
  public void begun(int loop) {
    add(loop, BEGUN);
  }

  @Override
  public void sent(int loop) {
    add(loop, SENT);
  }

  @Override
  public void over(int loop, MirrorOutcome outcome) {
    add(loop, OVER);
    add(loop, OUTCOMES + outcome.ordinal());
  }

  @Override
  public void dropped(int loop, MirrorOutcome why) {
    add(loop, OUTCOMES + why.ordinal());
  }

  private long sum(int cell) {
    long sum = 0;
    for (int at = cell; at < cells.length(); at += STRIDE) {
      sum += cells.getOpaque(at);
    }
    return sum;
  }

  long active() {
    // In this order: what begins meanwhile must not make it negative.
    long over = sum(OVER);
    return sum(BEGUN) - over;
  }

  long sent() {
    return sum(SENT);
  }

  long count(MirrorOutcome outcome) {
    return sum(OUTCOMES + outcome.ordinal());
  }
}
