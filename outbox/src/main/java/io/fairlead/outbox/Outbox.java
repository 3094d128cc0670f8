package io.fairlead.outbox;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A durable queue for work that cannot be done now: what a fallback puts in, a {@link Worker} does
 * later. Safe for all threads, and for several processes on one file or in one database. A calling
 * thread waits for the disk, so an event loop must not call it.
 *
 * <p>It lies in a file of its own, by SQLite, or in the application's PostgreSQL database, where a
 * message can also be part of the application's own transaction. Both keep the same promises.
 *
 * <p>A message is durable before {@link #enqueue(String, String, byte[])} returns. Its idempotency
 * key is unique in its topic as long as the message waits, is dead, or is remembered as done;
 * enqueueing it again does nothing and says so. Callers that come together share one commit.
 *
 * <p>Times are those of a wall clock, because processes share them: this machine's for a file, the
 * server's for a database. A clock that steps forward can end leases early, so that a message is
 * handled twice, and one that steps back delays retries.
 */
public final class Outbox implements AutoCloseable {
  private static final int MAX_BATCH = 256;

  /** After the message that passes it, a batch takes no other. */
  private static final int MAX_BATCH_BYTES = 4 << 20;

  private final Store store;
  private final Messages messages;
  private final OutboxSettings settings;
  private final List<Worker> workers = new CopyOnWriteArrayList<>();

  /** Callers of enqueue that no commit has served yet; at most one entry per calling thread. */
  private final Queue<Pending> pending = new ConcurrentLinkedQueue<>();

  /** An envelope and, when its caller has its turn, what became of it. */
  private static final class Pending {
    final Envelope envelope;
    @Nullable Enqueued result;
    @Nullable Throwable failure;
    boolean alone;

    Pending(Envelope envelope) {
      this.envelope = envelope;
    }

    boolean served() {
      return result != null || failure != null || alone;
    }

    Enqueued outcome() {
      if (result == null) {
        throw new OutboxException("message was not stored", Objects.requireNonNull(failure));
      }
      return result;
    }
  }

  private Outbox(Store store, OutboxSettings settings) {
    this.store = store;
    this.messages = store.messages();
    this.settings = settings;
  }

  /** Opens the outbox in this file, which is made if it is missing, readable by its owner only. */
  public static Outbox open(Path file, OutboxSettings settings) {
    return open(file, settings, InstantSource.system());
  }

  /** As {@link #open(Path, OutboxSettings)}, with another clock. */
  public static Outbox open(Path file, OutboxSettings settings, InstantSource clock) {
    return new Outbox(SqliteStore.open(file, settings, clock), settings);
  }

  /**
   * Opens the outbox in the first schema of the search path of a PostgreSQL database, where its
   * tables, named {@code fairlead_outbox_...}, are made if they are missing. Each use takes a
   * connection and gives it back, so this should be a pool; one that ties connections to the
   * caller's transaction must not be wrapped around it.
   *
   * @throws OutboxException if the database cannot be reached, is not PostgreSQL, or has tables of
   *     a later version
   */
  public static Outbox open(DataSource database, OutboxSettings settings) {
    return new Outbox(PostgresStore.open(database, settings, Connections.SERVER_TIME), settings);
  }

  /** With a clock that a test moves. */
  static Outbox open(DataSource database, OutboxSettings settings, InstantSource clock) {
    return new Outbox(PostgresStore.open(database, settings, session -> clock.millis()), settings);
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
    var mine = new Pending(envelope(topic, idempotencyKey, payload));
    pending.add(mine);
    store.turn().lock();
    try {
      // Whoever has the turn serves all who wait for it; often this one was served meanwhile.
      while (!mine.served()) {
        serveWaiting();
      }
    } finally {
      store.turn().unlock();
    }
    Enqueued result = mine.alone ? storeAlone(mine.envelope) : mine.outcome();
    if (result instanceof Enqueued.Accepted) {
      workers.forEach(worker -> worker.wake(topic));
    }
    return result;
  }

  /**
   * As {@link #enqueue(String, String, byte[])}, as a part of the caller's transaction: the message
   * is stored if and when the caller commits, together with all else that the transaction did.
   * Workers notice it within their poll interval. Another caller who enqueues the same key waits
   * until this transaction has ended.
   *
   * @param transaction a connection to the database of this outbox, with auto-commit off; this call
   *     neither commits nor rolls back
   * @throws IllegalArgumentException also if auto-commit is on
   * @throws OutboxException if the database failed; PostgreSQL then does nothing more in this
   *     transaction, so roll it back
   * @throws UnsupportedOperationException if this outbox lies in a file
   */
  public Enqueued enqueue(
      Connection transaction, String topic, String idempotencyKey, byte[] payload) {
    Envelope envelope = envelope(topic, idempotencyKey, payload);
    return store.join(transaction, open -> messages.insert(open, List.of(envelope)).getFirst());
  }

  private Envelope envelope(String topic, String idempotencyKey, byte[] payload) {
    if (payload.length > settings.maxPayloadBytes()) {
      throw new IllegalArgumentException(
          "payload: must be at most "
              + settings.maxPayloadBytes()
              + " bytes, was "
              + payload.length);
    }
    return new Envelope(topic, idempotencyKey, payload.clone());
  }

  private void serveWaiting() {
    List<Pending> batch = new ArrayList<>();
    int bytes = 0;
    while (batch.size() < MAX_BATCH && bytes < MAX_BATCH_BYTES) {
      Pending next = pending.poll();
      if (next == null) {
        break;
      }
      batch.add(next);
      bytes += next.envelope.payload().length;
    }
    serve(batch);
  }

  private void serve(List<Pending> batch) {
    List<Envelope> envelopes = batch.stream().map(one -> one.envelope).toList();
    try {
      List<Enqueued> results = store.briefly(open -> messages.insert(open, envelopes));
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).result = results.get(i);
      }
    } catch (Throwable e) {
      // Nobody of the batch is in the queue any more, so each of them must be told.
      boolean apart = e instanceof OutboxException failure && store.mayConcernOne(failure);
      for (Pending one : batch) {
        one.alone = apart;
        one.failure = apart ? null : e;
      }
    }
  }

  /** So that nobody waits for, or fails by, a message of another caller. */
  private Enqueued storeAlone(Envelope envelope) {
    try {
      return store.transaction(open -> messages.insert(open, List.of(envelope)).getFirst());
    } catch (OutboxException | IllegalStateException e) {
      throw new OutboxException("message was not stored", e);
    }
  }

  /** A worker for the messages of this topic; it does nothing before it is started. */
  public Worker worker(String topic, WorkerSettings settings, Handler handler) {
    var worker = new Worker(this, topic, settings, handler);
    workers.add(worker);
    return worker;
  }

  /** Messages that wait or are being handled, all topics together. */
  public long depth() {
    return store.read(open -> messages.tally(open, MessageState.WAITING));
  }

  /** Messages of this topic that wait or are being handled. */
  public long depth(String topic) {
    return store.read(open -> messages.tally(open, MessageState.WAITING, topic));
  }

  /** How long the oldest message has been waiting; empty if none waits. */
  public Optional<Duration> oldestAge() {
    long none = -1;
    long age =
        store.read(
            open -> {
              long oldest = messages.oldest(open, Long.MAX_VALUE);
              return oldest == Long.MAX_VALUE ? none : Math.max(0, open.millis() - oldest);
            });
    return age == none ? Optional.empty() : Optional.of(Duration.ofMillis(age));
  }

  /** Dead messages, all topics together. */
  public long deadLetterCount() {
    return store.read(open -> messages.tally(open, MessageState.DEAD));
  }

  /**
   * Dead messages in the order of their ids, page by page.
   *
   * @param afterId the last id of the page before, 0 for the first
   * @param limit the size of a page, 1 to 10,000
   */
  public List<DeadLetter> deadLetters(long afterId, int limit) {
    OutboxSettings.within("limit", limit, 1, 10_000);
    return store.read(open -> messages.dead(open, afterId, limit));
  }

  /** Lets a dead message be handled again, with all its attempts; false if there is none. */
  public boolean requeue(long id) {
    boolean requeued = store.transaction(open -> messages.requeue(open, id));
    if (requeued) {
      workers.forEach(Worker::wake);
    }
    return requeued;
  }

  /** Removes a dead message and forgets its key; false if there is none. */
  public boolean discard(long id) {
    return store.transaction(open -> messages.discard(open, id));
  }

  /**
   * Stops the workers, waiting for what they handle, and closes the file; a data source stays open.
   */
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

  Store store() {
    return store;
  }

  void forget(Worker worker) {
    workers.remove(worker);
  }
}
