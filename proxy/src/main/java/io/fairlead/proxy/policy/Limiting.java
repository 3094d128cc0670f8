package io.fairlead.proxy.policy;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.resilience.AdaptiveLimit;

/**
 * Takes a place in the target's adaptive limit for each attempt, and tells it what the attempt says
 * of the upstream's load: its time to the head of the answer if that is a good one, and an overload
 * if the answer is 429 or 503 or none came in time. Anything else says nothing. It stands behind
 * the bulkhead, whose wait is not the upstream's, and before the circuit breaker, so that a refusal
 * uses up no probe.
 */
public final class Limiting implements AttemptLayer {
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;

  @Override
  public Verdict attempt(Attempt attempt) {
    AdaptiveLimit limit = attempt.target().limit();
    if (limit == null) {
      return Verdict.PASS;
    }
    long permit = limit.tryAcquire();
    if (permit < 0) {
      String name = attempt.target().upstream().name();
      return LocalReply.of(Reason.CONCURRENCY_LIMIT, name + " bears no more requests at a time");
    }
    attempt.limitPermit(permit);
    return Verdict.PASS;
  }

  /** A tunnel may last; it has told how fast the upstream answered. */
  @Override
  public void tunnelled(Attempt attempt) {
    AdaptiveLimit limit = attempt.target().limit();
    long permit = attempt.limitPermit();
    if (limit != null && permit >= 0) {
      attempt.limitPermit(-1);
      limit.success(permit, attempt.answeredNanos() - attempt.startNanos());
    }
  }

  @Override
  public void end(Attempt attempt) {
    AdaptiveLimit limit = attempt.target().limit();
    long permit = attempt.limitPermit();
    if (limit == null || permit < 0) {
      return;
    }
    Failure failure = attempt.failure();
    if (failure != null) {
      switch (failure) {
        case TIMEOUT, TRY_TIMEOUT -> limit.dropped(permit);
        case CONNECT, TLS, RESET, PROTOCOL, NO_ENDPOINT, POOL_FULL, CANCELLED ->
            limit.ignore(permit);
      }
    } else if (attempt.status() == TOO_MANY_REQUESTS || attempt.status() == UNAVAILABLE) {
      limit.dropped(permit);
    } else if (attempt.status() >= 500) {
      limit.ignore(permit);
    } else {
      limit.success(permit, attempt.answeredNanos() - attempt.startNanos());
    }
  }
}
