package io.fairlead.proxy.policy;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.resilience.Bulkhead;

/**
 * Takes a place in the target's bulkhead for each attempt. It stands before the circuit breaker, so
 * that a full bulkhead does not use up a probe. An event loop cannot wait for a place, so there is
 * one at once or none, whatever wait is configured.
 */
public final class Bulkheading implements AttemptLayer {
  @Override
  public Verdict attempt(Attempt attempt) {
    Bulkhead bulkhead = attempt.target().bulkhead();
    if (bulkhead == null) {
      return Verdict.PASS;
    }
    if (!bulkhead.tryAcquire()) {
      String name = attempt.target().upstream().name();
      return LocalReply.of(Reason.BULKHEAD_FULL, "as many calls of " + name + " run as may");
    }
    attempt.enterBulkhead();
    return Verdict.PASS;
  }

  @Override
  public void end(Attempt attempt) {
    Bulkhead bulkhead = attempt.target().bulkhead();
    if (bulkhead != null && attempt.isInBulkhead()) {
      bulkhead.release();
    }
  }
}
