package io.fairlead.proxy.policy;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.BulkheadQueue;
import io.fairlead.proxy.exchange.Verdict;

/**
 * Takes a place in the target's bulkhead for each attempt, and waits for one as long as the
 * settings say. It stands before the circuit breaker, so that neither a full bulkhead uses up a
 * probe nor the wait counts as slowness of the upstream.
 */
public final class Bulkheading implements AttemptLayer {
  @Override
  public Verdict attempt(Attempt attempt) {
    BulkheadQueue bulkhead = attempt.target().bulkhead();
    if (bulkhead == null) {
      return Verdict.PASS;
    }
    return switch (bulkhead.enter(attempt)) {
      case ENTERED -> Verdict.PASS;
      case WAITS -> Verdict.WAIT;
      case FULL -> BulkheadQueue.refusal(attempt);
    };
  }

  @Override
  public void end(Attempt attempt) {
    BulkheadQueue bulkhead = attempt.target().bulkhead();
    if (bulkhead != null) {
      bulkhead.leave(attempt);
    }
  }
}
