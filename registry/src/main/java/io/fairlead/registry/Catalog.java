package io.fairlead.registry;

import io.fairlead.discovery.CatalogChange.RemovalReason;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.Problem;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.registry.CatalogStore.StoredEntry;
import io.fairlead.registry.WriteResult.Effect;
import io.fairlead.registry.WriteResult.Refused;
import io.fairlead.registry.WriteResult.Written;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One versioned map of instances with leases. Every change is stored before it is seen or
 * acknowledged; changes that wait together are stored together. Heartbeats only move a lease in
 * memory. Safe for use by many threads.
 */
final class Catalog {
  private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);
  private static final int UNAVAILABLE = 503;

  private final CatalogSettings settings;
  private final CatalogStore store;
  private final LongSupplier nanoTime;
  private final long originNanos;
  private final ConcurrentHashMap<InstanceKey, CatalogEntry> entries = new ConcurrentHashMap<>();
  private final PublishedCatalog published;
  private final GroupCommit<Pending> commits;
  private final CatalogCounters counters = new CatalogCounters();
  private volatile boolean closed;
  private volatile boolean storeFailing;

  /**
   * Restores what is stored; each restored lease begins anew.
   *
   * @param nanoTime monotonic ticker
   * @param writer runs the store's writes, one at a time
   * @throws StoreException if the store cannot be read
   */
  Catalog(CatalogSettings settings, CatalogStore store, LongSupplier nanoTime, Executor writer)
      throws StoreException {
    this.settings = settings;
    this.store = store;
    this.nanoTime = nanoTime;
    this.originNanos = nanoTime.getAsLong();
    var stored = store.load();
    stored.entries().forEach(this::restore);
    this.published = new PublishedCatalog(stored, settings.historySize());
    this.commits = new GroupCommit<>(settings, writer, this::write);
  }

  /** A change that waits for its transaction. */
  private record Pending(Command command, CompletableFuture<WriteResult> result) {}

  private sealed interface Command {
    record Register(RegistrationRequest request) implements Command {}

    record Deregister(InstanceKey key) implements Command {}

    record Expire() implements Command {}
  }

  PublishedCatalog published() {
    return published;
  }

  CatalogCounters counters() {
    return counters;
  }

  int instanceCount() {
    return entries.size();
  }

  int queuedWrites() {
    return commits.queued();
  }

  /** Whether the last write failed. */
  boolean isStoreFailing() {
    return storeFailing;
  }

  /** Holds the instance from now on. Saying the same again is a heartbeat. */
  CompletionStage<WriteResult> register(RegistrationRequest request) {
    var held = entries.get(request.instance().key());
    if (held != null && held.request().equals(request) && held.lease().renew(now())) {
      return CompletableFuture.completedStage(new Written(held.version(), Effect.UNCHANGED));
    }
    return submit(new Command.Register(request));
  }

  /** Returns false if the instance is not registered (any more). */
  boolean heartbeat(InstanceKey key) {
    var held = entries.get(key);
    boolean renewed = held != null && held.lease().renew(now());
    counters.heartbeat(renewed);
    return renewed;
  }

  /** Forgets the instance. One that is not registered is no error. */
  CompletionStage<WriteResult> deregister(InstanceKey key) {
    return submit(new Command.Deregister(key));
  }

  /** Removes instances whose lease has run out, at most a batch of them. */
  CompletionStage<WriteResult> expire() {
    return submit(new Command.Expire());
  }

  /** Ends the watches and refuses further changes; those that wait are still written. */
  void close() {
    closed = true;
    published.close();
  }

  private void restore(StoredEntry entry) {
    var length = entry.request().lease();
    var grace = length.compareTo(settings.restartGrace()) > 0 ? length : settings.restartGrace();
    var lease = new Lease(length, grace.toNanos());
    var restored = new CatalogEntry(entry.request(), entry.version(), lease);
    entries.put(entry.request().instance().key(), restored);
  }

  private CompletionStage<WriteResult> submit(Command command) {
    var pending = new Pending(command, new CompletableFuture<>());
    if (closed) {
      return refused("The registry is stopping");
    }
    try {
      if (commits.offer(pending)) {
        return pending.result();
      }
    } catch (RejectedExecutionException e) {
      return refused("The registry is stopping");
    }
    counters.overloaded();
    return refused("All " + settings.maxQueuedWrites() + " places for waiting writes are taken");
  }

  private static CompletionStage<WriteResult> refused(String detail) {
    return CompletableFuture.completedStage(new Refused(unavailable(detail)));
  }

  private static Problem unavailable(String detail) {
    return Problem.of(UNAVAILABLE, "Registry cannot write", detail);
  }

  private void write(List<Pending> pending) {
    var batch = new CatalogBatch(entries, published.version());
    var expiring = new ArrayList<Lease>();
    var results = new ArrayList<WriteResult>();
    try {
      for (Pending item : pending) {
        results.add(plan(item.command(), batch, expiring));
      }
      if (!batch.writes().isEmpty()) {
        store.write(List.copyOf(batch.writes()));
        counters.committed(batch.changes());
        batch.commit();
        published.publish(batch.changes());
        noteStore(null);
      }
      for (int i = 0; i < results.size(); i++) {
        pending.get(i).result().complete(results.get(i));
      }
    } catch (StoreException | RuntimeException e) {
      // Nothing of the batch holds: whoever was about to expire gets a new lease.
      expiring.forEach(lease -> lease.revive(now()));
      noteStore(e);
      var refusal = new Refused(unavailable(String.valueOf(e.getMessage())));
      pending.forEach(item -> item.result().complete(refusal));
    }
  }

  private WriteResult plan(Command command, CatalogBatch batch, List<Lease> expiring) {
    return switch (command) {
      case Command.Register(var request) -> planRegister(request, batch);
      case Command.Deregister(var key) -> {
        if (batch.get(key) == null) {
          yield new Written(batch.version(), Effect.UNCHANGED);
        }
        batch.remove(key, RemovalReason.DEREGISTERED);
        yield new Written(batch.version(), Effect.REMOVED);
      }
      case Command.Expire() -> planExpire(batch, expiring);
    };
  }

  private WriteResult planRegister(RegistrationRequest request, CatalogBatch batch) {
    var held = batch.get(request.instance().key());
    if (held != null && held.request().equals(request) && held.lease().renew(now())) {
      return new Written(held.version(), Effect.UNCHANGED);
    }
    if (held == null && batch.size() >= settings.maxInstances()) {
      counters.full();
      return new Refused(
          Problem.of(
              UNAVAILABLE,
              "Registry is full",
              "maxInstances: all " + settings.maxInstances() + " are registered"));
    }
    var lease = new Lease(request.lease(), now() + request.lease().toNanos());
    return new Written(batch.version() + 1, batch.put(request, lease));
  }

  private WriteResult planExpire(CatalogBatch batch, List<Lease> expiring) {
    long now = now();
    for (var held : entries.entrySet()) {
      var lease = held.getValue().lease();
      // What this batch has changed already has a lease of its own, or none.
      boolean untouched = batch.get(held.getKey()) == held.getValue();
      if (untouched && expiring.size() < settings.maxBatch() && lease.expire(now)) {
        expiring.add(lease);
        batch.remove(held.getKey(), RemovalReason.EXPIRED);
      }
    }
    return new Written(batch.version(), expiring.isEmpty() ? Effect.UNCHANGED : Effect.REMOVED);
  }

  private void noteStore(@Nullable Exception failure) {
    if (failure == null) {
      if (storeFailing) {
        storeFailing = false;
        LOG.info("the store writes again");
      }
      return;
    }
    counters.storeFailed();
    if (!storeFailing) {
      storeFailing = true;
      LOG.error("the store cannot write; changes are refused and what was stored holds", failure);
    }
  }

  private long now() {
    return nanoTime.getAsLong() - originNanos;
  }
}
