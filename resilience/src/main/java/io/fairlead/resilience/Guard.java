package io.fairlead.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rate limit, circuit breaker, bulkhead and timeout in one step, each of which may be missing: the
 * policies that stand around every try, in the order in which they are asked. A call that succeeds
 * allocates nothing here.
 *
 * <p>The rate limit comes first, so that a call that may not be made takes neither a probe nor a
 * place; the breaker before the bulkhead, so that an open one takes no place; the timeout last, so
 * that the breaker sees it and waiting for a place is no part of it.
 */
final class Guard<T> implements Step<T> {
  /**
   * What breakers are told of a call that was ended by a deadline further out: it was late, which
   * an interrupt or a cancellation alone would not say.
   */
  private static final CallTimeoutException OVERDUE = CallTimeoutException.shared();

  private final Layers layers;
  private final @Nullable RateLimiter rateLimiter;
  private final @Nullable CircuitBreaker breaker;
  private final @Nullable Bulkhead bulkhead;
  private final @Nullable Timeout timeout;
  private final Meaning<T> meaning;
  private final Step<T> inner;

  /** Where what is within is the work itself, which is most often so. */
  private final boolean innermost;

  /** The policies of one guard; none stands for no policy. */
  record Layers(
      @Nullable RateLimiter rateLimiter,
      @Nullable CircuitBreaker breaker,
      @Nullable Bulkhead bulkhead,
      @Nullable Timeout timeout) {
    /** Whether the innermost of these stands before the outermost of the others. */
    boolean precede(Layers others) {
      return last() < others.first();
    }

    private int first() {
      return rateLimiter != null ? 0 : breaker != null ? 1 : bulkhead != null ? 2 : 3;
    }

    private int last() {
      return timeout != null ? 3 : bulkhead != null ? 2 : breaker != null ? 1 : 0;
    }

    Layers and(Layers others) {
      return new Layers(
          rateLimiter != null ? rateLimiter : others.rateLimiter,
          breaker != null ? breaker : others.breaker,
          bulkhead != null ? bulkhead : others.bulkhead,
          timeout != null ? timeout : others.timeout);
    }

    /** From the innermost to the outermost. */
    void forEach(Consumer<? super Policy> action) {
      for (Policy policy : new @Nullable Policy[] {timeout, bulkhead, breaker, rateLimiter}) {
        if (policy != null) {
          action.accept(policy);
        }
      }
    }
  }

  Guard(Layers layers, Meaning<T> meaning, Step<T> inner) {
    this.layers = layers;
    rateLimiter = layers.rateLimiter;
    breaker = layers.breaker;
    bulkhead = layers.bulkhead;
    timeout = layers.timeout;
    this.meaning = meaning;
    this.inner = inner;
    innermost = inner instanceof Step.Work;
  }

  Layers layers() {
    return layers;
  }

  @Override
  public Step<T> inner() {
    return inner;
  }

  @Override
  public T call(Callable<? extends T> work) throws Exception {
    if (rateLimiter != null) {
      askRateLimit(rateLimiter);
    }
    CircuitBreaker circuit = breaker;
    if (circuit == null) {
      return inBulkhead(work);
    }
    long permit = circuit.tryAcquire();
    if (permit < 0) {
      throw circuit.rejection();
    }
    long start = circuit.nanos();
    T result;
    try {
      result = inBulkhead(work);
    } catch (InterruptedException e) {
      tell(circuit, permit, start, Deadline.hasPassedOnThread() ? OVERDUE : e);
      throw e;
    } catch (Throwable e) {
      tell(circuit, permit, start, e);
      throw e;
    }
    tell(circuit, permit, start, result);
    return result;
  }

  private static void askRateLimit(RateLimiter limiter) {
    long wait = limiter.tryAcquire();
    if (wait > 0) {
      throw limiter.rejection(wait);
    }
  }

  private T inBulkhead(Callable<? extends T> work) throws Exception {
    Bulkhead places = bulkhead;
    if (places == null) {
      return inTime(work);
    }
    long place = places.acquire();
    if (place < 0) {
      throw places.rejection();
    }
    try {
      return inTime(work);
    } finally {
      places.release(place);
    }
  }

  private T inTime(Callable<? extends T> work) throws Exception {
    if (timeout == null) {
      return inner.call(work);
    }
    return innermost ? timeout.call(work) : timeout.call(() -> inner.call(work));
  }

  /** A test that throws says nothing about the called side, but the permit goes back. */
  private void tell(CircuitBreaker circuit, long permit, long start, T result) {
    boolean failed;
    try {
      failed = meaning.isFailure(result);
    } catch (Throwable e) {
      circuit.ignore(permit);
      throw e;
    }
    if (failed) {
      circuit.failure(permit, circuit.nanos() - start);
    } else {
      circuit.success(permit, circuit.nanos() - start);
    }
  }

  private void tell(CircuitBreaker circuit, long permit, long start, Throwable failure) {
    boolean ignored = true;
    try {
      ignored = meaning.isIgnored(failure);
    } catch (Throwable e) {
      Stages.suppress(failure, e);
    }
    if (ignored) {
      circuit.ignore(permit);
    } else {
      circuit.failure(permit, circuit.nanos() - start);
    }
  }

  /** As {@link #call}; where the bulkhead is full it is rejected at once, since nobody may wait. */
  @Override
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work, Until until) {
    Entry entry;
    try {
      entry = enter();
    } catch (RejectedCallException e) {
      return CompletableFuture.failedFuture(e);
    }
    try {
      return Stages.after(
          begin(work, until), (value, failure) -> ended(entry, value, failure, until));
    } catch (Throwable e) {
      // A stage that cannot be watched, or no memory for watching it.
      entry.ignored();
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletionStage<T> begin(Supplier<? extends CompletionStage<T>> work, Until until) {
    return timeout == null
        ? inner.callAsync(work, until)
        : timeout.callAsync(() -> inner.callAsync(work, until.within(timeout.nanos())));
  }

  private void ended(Entry entry, T value, @Nullable Throwable failure, Until until) {
    if (failure == null) {
      entry.succeeded(value);
    } else {
      boolean overdue = failure instanceof CancellationException && until.leftNanos() <= 0;
      entry.failed(overdue ? OVERDUE : failure);
    }
  }

  /** Lets a call in that ends on its own, without a timeout; throws if it may not. */
  Entry enter() {
    if (rateLimiter != null) {
      askRateLimit(rateLimiter);
    }
    long permit = breaker == null ? 0 : breaker.tryAcquire();
    if (breaker != null && permit < 0) {
      throw breaker.rejection();
    }
    long place = bulkhead == null ? 0 : bulkhead.tryAcquire();
    if (bulkhead != null && place < 0) {
      if (breaker != null) {
        breaker.ignore(permit);
      }
      throw bulkhead.rejection();
    }
    return new Entry(permit, place, breaker == null ? 0 : breaker.nanos());
  }

  /** A call that was let in and has to be told how it ended, once. */
  final class Entry {
    private final long permit;
    private final long place;
    private final long start;

    private Entry(long permit, long place, long start) {
      this.permit = permit;
      this.place = place;
      this.start = start;
    }

    void succeeded(T result) {
      leave();
      if (breaker != null) {
        tell(breaker, permit, start, result);
      }
    }

    /** It ended well and has no result. */
    void succeeded() {
      leave();
      if (breaker != null) {
        breaker.success(permit, breaker.nanos() - start);
      }
    }

    void failed(Throwable failure) {
      leave();
      if (breaker != null) {
        tell(breaker, permit, start, failure);
      }
    }

    void ignored() {
      leave();
      if (breaker != null) {
        breaker.ignore(permit);
      }
    }

    private void leave() {
      if (bulkhead != null) {
        bulkhead.release(place);
      }
    }
  }
}
