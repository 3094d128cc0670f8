package io.fairlead.outbox;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A durable queue for work that cannot be done now: what a fallback puts in, a {@link Worker} does
 * later. Safe for all threads, and for several processes on one file. A calling thread waits for
 * the disk, so an event loop must not call it.
 *
 * <p>A message is durable before {@link #enqueue} returns. Its idempotency key is unique in its
 * topic as long as the message waits, is dead, or is remembered as done; enqueueing it again does
 * nothing and says so. Callers that come together share one commit.
 *
 * <p>Times come from the wall clock, because processes share them: a clock that steps forward can
 * end leases early, so that a message is handled twice, and one that steps back delays retries.
 */
public final class Outbox implements AutoCloseable {
  private static final int MAX_BATCH = 256;

  private final SqliteStore store;
  private final OutboxSettings settings;
  private final InstantSource clock;
  private final List<Worker> workers = new CopyOnWriteArrayList<>();

  /** Callers of enqueue that no commit has served yet; at most one entry per calling thread. */
  private final Queue<Pending> pending = new ConcurrentLinkedQueue<>();

  /** An envelope and, under the store's lock, what became of it. */
  private static final class Pending {
    final Envelope envelope;
    @Nullable Enqueued result;
    @Nullable Throwable failure;

    Pending(Envelope envelope) {
      this.envelope = envelope;
    }

    boolean served() {
      return result != null || failure != null;
    }

    Enqueued outcome() {
      if (result == null) {
        throw new OutboxException("message was not stored", Objects.requireNonNull(failure));
      }
      return result;
    }
  }

  private Outbox(SqliteStore store, OutboxSettings settings, InstantSource clock) {
    this.store = store;
    this.settings = settings;
    this.clock = clock;
  }

  /** Opens the outbox in this file, which is made if it is missing, readable by its owner only. */
  public static Outbox open(Path file, OutboxSettings settings) {
    return open(file, settings, InstantSource.system());
  }

  /** As {@link #open(Path, OutboxSettings)}, with another clock. */
  public static Outbox open(Path file, OutboxSettings settings, InstantSource clock) {
    return new Outbox(SqliteStore.open(file, settings), settings, clock);
  }

  /**
   * Stores a message unless its topic has its key already. It is durable when this returns.
   *
   * @param topic who shall handle it; 1 to 255 characters
   * @param idempotencyKey what makes it the same piece of work; 1 to 255 characters
   * @param payload its content
   * @throws IllegalArgumentException if topic, key or payload is too long
   * @throws OutboxException if the database failed; enqueue it again with the same key
   */
  public Enqueued enqueue(String topic, String idempotencyKey, byte[] payload) {
    if (payload.length > settings.maxPayloadBytes()) {
      throw new IllegalArgumentException(
          "payload: must be at most "
              + settings.maxPayloadBytes()
              + " bytes, was "
              + payload.length);
    }
    var mine = new Pending(new Envelope(topic, idempotencyKey, payload.clone()));
    pending.add(mine);
    store.lock().lock();
    try {
      // Whoever has the lock serves all who wait for it; often this one was served meanwhile.
      while (!mine.served()) {
        serveWaiting();
      }
    } finally {
      store.lock().unlock();
    }
    Enqueued result = mine.outcome();
    if (result instanceof Enqueued.Accepted) {
      workers.forEach(worker -> worker.wake(topic));
    }
    return result;
  }

  private void serveWaiting() {
    List<Pending> batch = new ArrayList<>();
    for (Pending next = pending.poll(); next != null; next = pending.poll()) {
      batch.add(next);
      if (batch.size() == MAX_BATCH) {
        break;
      }
    }
    try {
      List<Enqueued> results = store.transaction(one -> insertAll(one, batch));
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).result = results.get(i);
      }
    } catch (Throwable e) {
      // Nobody of the batch is in the queue any more, so each of them must be told.
      batch.forEach(one -> one.failure = e);
    }
  }

  private List<Enqueued> insertAll(SqliteStore open, List<Pending> batch) throws SQLException {
    List<Enqueued> results = new ArrayList<>();
    for (Pending one : batch) {
      results.add(Messages.insert(open, one.envelope, clock.millis(), settings.maxMessages()));
    }
    return results;
  }

  /** A worker for the messages of this topic; it does nothing before it is started. */
  public Worker worker(String topic, WorkerSettings settings, Handler handler) {
    var worker = new Worker(this, topic, settings, handler);
    workers.add(worker);
    return worker;
  }

  /** Messages that wait or are being handled, all topics together. */
  public long depth() {
    return store.read(open -> Messages.tally(open, MessageState.WAITING));
  }

  /** Messages of this topic that wait or are being handled. */
  public long depth(String topic) {
    return store.read(open -> Messages.tally(open, MessageState.WAITING, topic));
  }

  /** How long the oldest message has been waiting; empty if none waits. */
  public Optional<Duration> oldestAge() {
    long enqueuedAt = store.read(open -> Messages.oldest(open, Long.MAX_VALUE));
    return enqueuedAt == Long.MAX_VALUE
        ? Optional.empty()
        : Optional.of(Duration.ofMillis(Math.max(0, clock.millis() - enqueuedAt)));
  }

  /** Dead messages, all topics together. */
  public long deadLetterCount() {
    return store.read(open -> Messages.tally(open, MessageState.DEAD));
  }

  /**
   * Dead messages in the order of their ids, page by page.
   *
   * @param afterId the last id of the page before, 0 for the first
   * @param limit the size of a page, 1 to 10,000
   */
  public List<DeadLetter> deadLetters(long afterId, int limit) {
    OutboxSettings.within("limit", limit, 1, 10_000);
    return store.read(open -> Messages.dead(open, afterId, limit));
  }

  /** Lets a dead message be handled again, with all its attempts; false if there is none. */
  public boolean requeue(long id) {
    boolean requeued = store.transaction(open -> Messages.requeue(open, id, clock.millis()));
    if (requeued) {
      workers.forEach(Worker::wake);
    }
    return requeued;
  }

  /** Removes a dead message and forgets its key; false if there is none. */
  public boolean discard(long id) {
    return store.transaction(open -> Messages.discard(open, id));
  }

  /** Stops the workers, waiting for what they handle, and closes the file. */
  @Override
  public void close() {
    workers.forEach(Worker::close);
    store.close();
  }

  @Override
  public String toString() {
    Optional<Duration> oldest = oldestAge();
    return "outbox: %d waiting%s, %d dead"
        .formatted(depth(), oldest.map(age -> ", oldest for " + age).orElse(""), deadLetterCount());
  }

  SqliteStore store() {
    return store;
  }

  OutboxSettings settings() {
    return settings;
  }

  Instant now() {
    return clock.instant();
  }

  void forget(Worker worker) {
    workers.remove(worker);
  }
}
