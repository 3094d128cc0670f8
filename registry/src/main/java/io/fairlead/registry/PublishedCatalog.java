package io.fairlead.registry;

import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.ServiceView;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.registry.CatalogStore.StoredCatalog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The committed catalog as readers and watches see it. Safe for use by many threads.
 *
 * <p>A watch is no more than a position in the shared history, so the memory of a slow watcher is
 * bounded by construction: when the history has moved past its position it gets a resync.
 */
final class PublishedCatalog {
  private static final int MAX_CHANGES_AT_ONCE = 256;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final CatalogState state;
  private final History history;
  private final LongAdder resyncs = new LongAdder();
  private boolean closed;

  PublishedCatalog(StoredCatalog stored, int historySize) {
    state = new CatalogState(stored.catalogId(), stored.version());
    stored.entries().forEach(entry -> state.restore(entry.version(), entry.request().instance()));
    history = new History(historySize, stored.version());
  }

  void publish(List<CatalogChange> changes) {
    lock.lock();
    try {
      for (CatalogChange change : changes) {
        state.apply(change);
        history.append(change);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  CatalogSnapshot snapshot() {
    lock.lock();
    try {
      return state.snapshot();
    } finally {
      lock.unlock();
    }
  }

  Optional<ServiceView> service(String name) {
    lock.lock();
    try {
      return state.view(name);
    } finally {
      lock.unlock();
    }
  }

  String catalogId() {
    return state.catalogId();
  }

  long version() {
    lock.lock();
    try {
      return history.version();
    } finally {
      lock.unlock();
    }
  }

  int serviceCount() {
    lock.lock();
    try {
      return state.serviceCount();
    } finally {
      lock.unlock();
    }
  }

  /** Resyncs given to watches since the start. */
  long resyncCount() {
    return resyncs.sum();
  }

  /** Ends every cursor. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  Cursor cursor(WatchRequest request) {
    return new Cursor(request);
  }

  /** What a cursor finds. */
  sealed interface Next {
    /** Events to deliver, and the version up to which the watcher then knows everything. */
    record Events(List<CatalogEvent> events, long position) implements Next {}

    /** Nothing new within the time; everything up to the version is known. */
    record Idle(long position) implements Next {}

    /** The cursor or the catalog was closed. */
    record Ended() implements Next {}
  }

  /** The position of one watch. One thread calls {@link #next}; any may close. */
  final class Cursor implements AutoCloseable {
    private final Predicate<CatalogChange> scope;
    private final Optional<String> service;
    private long position;
    private boolean resync;
    private boolean cursorClosed;

    private Cursor(WatchRequest request) {
      service = request.service();
      scope = change -> service.isEmpty() || service.get().equals(change.service());
      position = request.fromVersion();
      resync = !request.catalogId().equals(state.catalogId());
    }

    /** Waits for something new in the watched scope, at most so long. */
    Next next(Duration atMost) throws InterruptedException {
      long left = atMost.toNanos();
      lock.lockInterruptibly();
      try {
        while (!closed && !cursorClosed) {
          List<CatalogEvent> events = take();
          if (!events.isEmpty()) {
            return new Next.Events(events, position);
          }
          if (position == history.version()) {
            if (left <= 0) {
              return new Next.Idle(position);
            }
            left = changed.awaitNanos(left);
          }
        }
        return new Next.Ended();
      } finally {
        lock.unlock();
      }
    }

    private List<CatalogEvent> take() {
      var following = history.after(position, MAX_CHANGES_AT_ONCE);
      if (resync || following.isEmpty()) {
        resync = false;
        resyncs.increment();
        position = history.version();
        return List.of(
            new CatalogEvent.Resync(service.map(state::snapshotOf).orElseGet(state::snapshot)));
      }
      position += following.get().size();
      return following.get().stream().filter(scope).map(CatalogEvent.class::cast).toList();
    }

    @Override
    public void close() {
      lock.lock();
      try {
        cursorClosed = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
