package io.fairlead.resilience;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A call that {@link Pipeline#enter} let in. How it ended is told once, on any thread; what is told
 * later changes nothing. Closing it without having told gives everything back and says nothing of
 * the called side, so it fits a try-with-resources.
 */
public final class CallPermit<T> implements AutoCloseable {
  private final List<Guard<T>.Entry> entries;
  private final AtomicBoolean told = new AtomicBoolean();

  CallPermit(List<Guard<T>.Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /** It ended well. */
  public void success() {
    if (told.compareAndSet(false, true)) {
      tellAll(Guard.Entry::succeeded);
    }
  }

  /** It ended with this result, which the pipeline may find to be a failure. */
  public void success(T result) {
    if (told.compareAndSet(false, true)) {
      tellAll(entry -> entry.succeeded(result));
    }
  }

  /** It failed. */
  public void failure(Throwable failure) {
    if (told.compareAndSet(false, true)) {
      tellAll(entry -> entry.failed(failure));
    }
  }

  @Override
  public void close() {
    if (told.compareAndSet(false, true)) {
      tellAll(Guard.Entry::ignored);
    }
  }

  /** All of them, also when the pipeline's test of results throws for one. */
  private void tellAll(Consumer<Guard<T>.Entry> how) {
    RuntimeException failure = null;
    for (Guard<T>.Entry entry : entries) {
      try {
        how.accept(entry);
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
