package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.MirrorOutcome;
import io.fairlead.proxy.exchange.MirrorTarget;

/** Counts of the copies for one cluster. Added to on loops, read by all threads. */
final class MirrorCounts implements MirrorTarget.Counter {
  private static final int BEGUN = 0;
  private static final int OVER = 1;
  private static final int SENT = 2;
  private static final int OUTCOMES = 3;

  private final LoopCells cells;

  MirrorCounts(int loops) {
    cells = new LoopCells(loops, OUTCOMES + MirrorOutcome.values().length);
  }

  @Override
  public void begun(int loop) {
    cells.add(loop, BEGUN, 1);
  }

  @Override
  public void sent(int loop) {
    cells.add(loop, SENT, 1);
  }

  @Override
  public void over(int loop, MirrorOutcome outcome) {
    cells.add(loop, OVER, 1);
    cells.add(loop, OUTCOMES + outcome.ordinal(), 1);
  }

  @Override
  public void dropped(int loop, MirrorOutcome why) {
    cells.add(loop, OUTCOMES + why.ordinal(), 1);
  }

  long active() {
    // In this order: what begins meanwhile must not make it negative.
    long over = cells.sum(OVER);
    return cells.sum(BEGUN) - over;
  }

  long sent() {
    return cells.sum(SENT);
  }

  long count(MirrorOutcome outcome) {
    return cells.sum(OUTCOMES + outcome.ordinal());
  }
}
