package io.fairlead.resilience;

import java.util.List;
import java.util.concurrent.Callable;

/**
 * What the closing of a thread pool bulkhead left undone. Immutable.
 *
 * @param notRun the calls that waited for a thread and never got one, in their order; their stages
 *     have failed with {@link BulkheadClosedException}
 * @param stillRunning calls that were interrupted and did not end in time
 */
public record ClosedThreadPool(List<Callable<?>> notRun, int stillRunning) {
  public ClosedThreadPool {
    notRun = List.copyOf(notRun);
  }

  /** Whether every call that was let in has ended by itself or by the interrupt. */
  public boolean clean() {
    return notRun.isEmpty() && stillRunning == 0;
  }
}
