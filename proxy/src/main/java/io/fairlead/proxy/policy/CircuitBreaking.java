package io.fairlead.proxy.policy;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.resilience.CircuitBreaker;

/**
 * Asks the target's circuit breaker before each attempt and tells it the outcome. A status of 5xx,
 * or one of gRPC that stands for it, a broken or refused connection and a timeout are failures; an
 * attempt that its client gave up, or that never left the proxy, says nothing of the upstream. The
 * time that counts as slow ends with the head of the answer, since the body's also depends on how
 * fast the client reads.
 */
public final class CircuitBreaking implements AttemptLayer {
  @Override
  public Verdict attempt(Attempt attempt) {
    CircuitBreaker breaker = attempt.target().breaker();
    if (breaker == null) {
      return Verdict.PASS;
    }
    long permit = breaker.tryAcquire();
    if (permit < 0) {
      String name = attempt.target().upstream().name();
      return LocalReply.of(Reason.CIRCUIT_OPEN, "the circuit breaker of " + name + " is open")
          .retryAfter(breaker.remainingOpenNanos());
    }
    attempt.breakerPermit(permit);
    return Verdict.PASS;
  }

  /** What comes of a tunnel is not the connection's merit or fault, and it may last. */
  @Override
  public void tunnelled(Attempt attempt) {
    CircuitBreaker breaker = attempt.target().breaker();
    long permit = attempt.breakerPermit();
    if (breaker != null && permit >= 0) {
      attempt.breakerPermit(-1);
      breaker.success(permit, attempt.answeredNanos() - attempt.startNanos());
    }
  }

  @Override
  public void end(Attempt attempt) {
    CircuitBreaker breaker = attempt.target().breaker();
    long permit = attempt.breakerPermit();
    if (breaker == null || permit < 0) {
      return;
    }
    long start = attempt.startNanos();
    Failure failure = attempt.failure();
    if (failure == null) {
      long elapsed = attempt.answeredNanos() - start;
      if (attempt.outcome() >= 500) {
        breaker.failure(permit, elapsed);
      } else {
        breaker.success(permit, elapsed);
      }
      return;
    }
    switch (failure) {
      case CONNECT, TLS, RESET, PROTOCOL, TIMEOUT, TRY_TIMEOUT ->
          breaker.failure(permit, attempt.loop().nanos() - start);
      case NO_ENDPOINT, POOL_FULL, CANCELLED -> breaker.ignore(permit);
    }
  }
}
