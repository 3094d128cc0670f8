package io.fairlead.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The statements of an outbox, each inside a transaction of its caller. Stateless. Times are
 * milliseconds since 1970, because processes share them.
 */
final class Messages {
  private static final int MAX_REASON = 1_000;

  /** Completed keys removed per completion; more than one, so that they become fewer. */
  private static final int FORGOTTEN_AT_ONCE = 2;

  private Messages() {}

  static Enqueued insert(SqliteStore store, Envelope envelope, long now, long maxMessages)
      throws SQLException {
    try (ResultSet row =
        store
            .prepare(
                "SELECT id, state FROM message WHERE topic = ? AND key = ?",
                envelope.topic(),
                envelope.key())
            .executeQuery()) {
      if (row.next()) {
        return new Enqueued.Duplicate(row.getLong(1), MessageState.valueOf(row.getString(2)));
      }
    }
    if (held(store) >= maxMessages) {
      return new Enqueued.Full(maxMessages);
    }
    store.update(
        "INSERT INTO message (topic, key, payload, state, attempts, enqueued_at, due_at, lease)"
            + " VALUES (?, ?, ?, 'WAITING', 0, ?, ?, 0)",
        envelope.topic(),
        envelope.key(),
        envelope.payload(),
        now,
        now);
    return new Enqueued.Accepted(store.number(0, "SELECT last_insert_rowid()"));
  }

  private static long held(SqliteStore store) throws SQLException {
    return store.number(0, "SELECT sum(messages) FROM tally WHERE state IN ('WAITING', 'DEAD')");
  }

  static long tally(SqliteStore store, MessageState state) throws SQLException {
    return store.number(0, "SELECT sum(messages) FROM tally WHERE state = ?", state.name());
  }

  static long tally(SqliteStore store, MessageState state, String topic) throws SQLException {
    return store.number(
        0, "SELECT messages FROM tally WHERE state = ? AND topic = ?", state.name(), topic);
  }

  /** When the oldest waiting message was enqueued, or the given time if none waits. */
  static long oldest(SqliteStore store, long otherwise) throws SQLException {
    return store.number(otherwise, "SELECT min(enqueued_at) FROM message WHERE state = 'WAITING'");
  }

  /** When the next message of the topic is due, or {@link Long#MAX_VALUE} if none waits. */
  static long nextDue(SqliteStore store, String topic) throws SQLException {
    return store.number(
        Long.MAX_VALUE,
        "SELECT min(due_at) FROM message WHERE state = 'WAITING' AND topic = ?",
        topic);
  }

  /**
   * The message that is due for longest, leased; empty if none is. One that had all its attempts
   * without an outcome, because it ended its process each time, is dead instead.
   */
  static Optional<Message> take(SqliteStore store, Lease lease, String topic, int maxAttempts)
      throws SQLException {
    long id = longestDue(store, topic, lease.now());
    while (id >= 0 && attempts(store, id) >= maxAttempts) {
      store.update(
          "UPDATE message SET state = 'DEAD', finished_at = ?, reason = ? WHERE id = ?",
          lease.now(),
          "no attempt came to an end",
          id);
      id = longestDue(store, topic, lease.now());
    }
    if (id < 0) {
      return Optional.empty();
    }
    store.update(
        "UPDATE message SET attempts = attempts + 1, due_at = ?, lease = ? WHERE id = ?",
        lease.until(),
        lease.token(),
        id);
    try (ResultSet row =
        store
            .prepare("SELECT key, payload, attempts, enqueued_at FROM message WHERE id = ?", id)
            .executeQuery()) {
      row.next();
      return Optional.of(
          new Message(
              id,
              topic,
              row.getString(1),
              row.getBytes(2),
              row.getInt(3),
              Instant.ofEpochMilli(row.getLong(4))));
    }
  }

  private static long longestDue(SqliteStore store, String topic, long now) throws SQLException {
    return store.number(
        -1,
        "SELECT id FROM message WHERE state = 'WAITING' AND topic = ? AND due_at <= ?"
            + " ORDER BY due_at, id LIMIT 1",
        topic,
        now);
  }

  private static long attempts(SqliteStore store, long id) throws SQLException {
    return store.number(0, "SELECT attempts FROM message WHERE id = ?", id);
  }

  /** Remembers the key alone; false if the lease was lost. */
  static boolean complete(SqliteStore store, long id, Lease lease, OutboxSettings settings)
      throws SQLException {
    int completed =
        store.update(
            "UPDATE message SET state = 'DONE', payload = x'', finished_at = ?, reason = NULL"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            lease.now(),
            id,
            lease.token());
    forget(store, lease.now() - settings.keepCompleted().toMillis(), settings.maxCompleted());
    return completed == 1;
  }

  private static void forget(SqliteStore store, long before, long most) throws SQLException {
    boolean tooMany = tally(store, MessageState.DONE) > most;
    store.update(
        "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE state = 'DONE'"
            + " AND finished_at < ? ORDER BY finished_at LIMIT ?)",
        tooMany ? Long.MAX_VALUE : before,
        FORGOTTEN_AT_ONCE);
  }

  /** Due again at this time; false if the lease was lost. */
  static boolean retry(SqliteStore store, long id, Lease lease, long dueAt, String reason)
      throws SQLException {
    return store.update(
            "UPDATE message SET due_at = ?, lease = 0, reason = ?"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            dueAt,
            shortened(reason),
            id,
            lease.token())
        == 1;
  }

  /** Due again at this time as if it had not been taken; false if the lease was lost. */
  static boolean postpone(SqliteStore store, long id, Lease lease, long dueAt) throws SQLException {
    return store.update(
            "UPDATE message SET due_at = ?, lease = 0, attempts = attempts - 1"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            dueAt,
            id,
            lease.token())
        == 1;
  }

  /** Not tried again; false if the lease was lost. */
  static boolean bury(SqliteStore store, long id, Lease lease, String reason) throws SQLException {
    return store.update(
            "UPDATE message SET state = 'DEAD', lease = 0, finished_at = ?, reason = ?"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            lease.now(),
            shortened(reason),
            id,
            lease.token())
        == 1;
  }

  static List<DeadLetter> dead(SqliteStore store, long afterId, int limit) throws SQLException {
    List<DeadLetter> letters = new ArrayList<>();
    try (ResultSet row =
        store
            .prepare(
                "SELECT id, topic, key, attempts, enqueued_at, finished_at, reason FROM message"
                    + " WHERE state = 'DEAD' AND id > ? ORDER BY id LIMIT ?",
                afterId,
                limit)
            .executeQuery()) {
      while (row.next()) {
        letters.add(
            new DeadLetter(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getInt(4),
                Instant.ofEpochMilli(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(6)),
                row.getString(7)));
      }
    }
    return letters;
  }

  static boolean requeue(SqliteStore store, long id, long now) throws SQLException {
    return store.update(
            "UPDATE message SET state = 'WAITING', attempts = 0, due_at = ?, finished_at = NULL"
                + " WHERE id = ? AND state = 'DEAD'",
            now,
            id)
        == 1;
  }

  static boolean discard(SqliteStore store, long id) throws SQLException {
    return store.update("DELETE FROM message WHERE id = ? AND state = 'DEAD'", id) == 1;
  }

  private static String shortened(String reason) {
    return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON);
  }
}
