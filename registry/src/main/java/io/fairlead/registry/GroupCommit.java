package io.fairlead.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Lets many callers share one transaction: while a batch is being written the next one gathers. At
 * most one batch is written at a time, on the executor. Safe for use by many threads.
 */
final class GroupCommit<T> {
  private final BlockingQueue<T> queue;
  private final int maxBatch;
  private final Executor executor;
  private final Consumer<List<T>> write;
  private final AtomicBoolean running = new AtomicBoolean();

  /** The consumer must not throw; it answers for each of its items itself. */
  GroupCommit(CatalogSettings settings, Executor executor, Consumer<List<T>> write) {
    this.queue = new ArrayBlockingQueue<>(settings.maxQueuedWrites());
    this.maxBatch = settings.maxBatch();
    this.executor = executor;
    this.write = write;
  }

  /** Returns false, and forgets the item, if too many wait already. */
  boolean offer(T item) {
    if (!queue.offer(item)) {
      return false;
    }
    schedule();
    return true;
  }

  int queued() {
    return queue.size();
  }

  private void schedule() {
    if (!queue.isEmpty() && running.compareAndSet(false, true)) {
      executor.execute(this::run);
    }
  }

  private void run() {
    try {
      var batch = new ArrayList<T>();
      while (queue.drainTo(batch, maxBatch) > 0) {
        write.accept(batch);
        batch.clear();
      }
    } finally {
      running.set(false);
      // An item may have come between the last look and the flag.
      schedule();
    }
  }
}
