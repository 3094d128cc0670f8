package io.fairlead.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The statements of an outbox, each inside a transaction of its caller: here those that both
 * engines understand. Safe for all threads. Times are milliseconds since 1970, because processes
 * share them.
 */
abstract sealed class Messages permits SqliteMessages, PostgresMessages {
  private static final int MAX_REASON = 1_000;

  /** Completed keys removed per completion; more than one, so that they become fewer. */
  private static final int FORGOTTEN_AT_ONCE = 2;

  final String table;
  final OutboxSettings settings;

  Messages(String table, OutboxSettings settings) {
    this.table = table;
    this.settings = settings;
  }

  /** What became of these, in their order; those with a new key are stored while there is room. */
  abstract List<Enqueued> insert(Session session, List<Envelope> batch) throws SQLException;

  abstract long tally(Session session, MessageState state) throws SQLException;

  abstract long tally(Session session, MessageState state, String topic) throws SQLException;

  /** How many keys are remembered, or nearly so. */
  abstract long remembered(Session session) throws SQLException;

  /** What keeps two transactions from choosing the same row; empty if there is one at a time. */
  abstract String rowLock();

  /** Notes the outcome for whoever counts without looking. */
  abstract void moved(MessageState from, int messages);

  /** When the oldest waiting message was enqueued, or the given time if none waits. */
  final long oldest(Session session, long otherwise) throws SQLException {
    return session.number(
        otherwise, "SELECT min(enqueued_at) FROM " + table + " WHERE state = 'WAITING'");
  }

  /** Milliseconds until the next message of the topic is due; the most there is if none waits. */
  final long untilDue(Session session, String topic) throws SQLException {
    long due =
        session.number(
            Long.MAX_VALUE,
            "SELECT min(due_at) FROM " + table + " WHERE state = 'WAITING' AND topic = ?",
            topic);
    return due == Long.MAX_VALUE ? due : Math.max(0, due - session.millis());
  }

  /**
   * The message that is due for longest, leased; empty if none is. One that had all its attempts
   * without an outcome, because it ended its process each time, is dead instead.
   */
  final Optional<Message> take(Session session, Lease lease, String topic, int maxAttempts)
      throws SQLException {
    long now = session.millis();
    while (true) {
      Optional<Message> due = longestDue(session, topic, now);
      if (due.isEmpty()) {
        return due;
      }
      Message message = due.get();
      if (message.attempt() <= maxAttempts) {
        session.update(
            "UPDATE " + table + " SET attempts = attempts + 1, due_at = ?, lease = ? WHERE id = ?",
            now + lease.millis(),
            lease.token(),
            message.id());
        return due;
      }
      session.update(
          "UPDATE " + table + " SET state = 'DEAD', finished_at = ?, reason = ? WHERE id = ?",
          now,
          "no attempt came to an end",
          message.id());
    }
  }

  /** As it will be when it has been taken. */
  private Optional<Message> longestDue(Session session, String topic, long now)
      throws SQLException {
    try (ResultSet row =
        session
            .prepare(
                "SELECT id, key, payload, attempts, enqueued_at FROM "
                    + table
                    + " WHERE state = 'WAITING' AND topic = ? AND due_at <= ?"
                    + " ORDER BY due_at, id LIMIT 1"
                    + rowLock(),
                topic,
                now)
            .executeQuery()) {
      if (!row.next()) {
        return Optional.empty();
      }
      return Optional.of(
          new Message(
              row.getLong(1),
              topic,
              row.getString(2),
              row.getBytes(3),
              row.getInt(4) + 1,
              Instant.ofEpochMilli(row.getLong(5))));
    }
  }

  /** Remembers the key alone; false if the lease was lost. */
  final boolean complete(Session session, long id, Lease lease) throws SQLException {
    long now = session.millis();
    int completed =
        session.update(
            "UPDATE "
                + table
                + " SET state = 'DONE', payload = ?, finished_at = ?, reason = NULL"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            new byte[0],
            now,
            id,
            lease.token());
    moved(MessageState.WAITING, completed);
    forget(session, now - settings.keepCompleted().toMillis());
    return completed == 1;
  }

  private void forget(Session session, long before) throws SQLException {
    boolean tooMany = remembered(session) > settings.maxCompleted();
    List<Long> old = new ArrayList<>();
    try (ResultSet row =
        session
            .prepare(
                "SELECT id FROM "
                    + table
                    + " WHERE state = 'DONE' AND finished_at < ? ORDER BY finished_at LIMIT ?"
                    + rowLock(),
                tooMany ? Long.MAX_VALUE : before,
                FORGOTTEN_AT_ONCE)
            .executeQuery()) {
      while (row.next()) {
        old.add(row.getLong(1));
      }
    }
    int forgotten = 0;
    for (long id : old) {
      forgotten += session.update("DELETE FROM " + table + " WHERE id = ?", id);
    }
    moved(MessageState.DONE, forgotten);
  }

  /** Due again after this time; false if the lease was lost. */
  final boolean retry(Session session, long id, Lease lease, long millis, String reason)
      throws SQLException {
    return session.update(
            "UPDATE "
                + table
                + " SET due_at = ?, lease = 0, reason = ?"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            session.millis() + millis,
            storable(reason),
            id,
            lease.token())
        == 1;
  }

  /** Due again after this time as if it had not been taken; false if the lease was lost. */
  final boolean postpone(Session session, long id, Lease lease, long millis) throws SQLException {
    return session.update(
            "UPDATE "
                + table
                + " SET due_at = ?, lease = 0, attempts = attempts - 1"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            session.millis() + millis,
            id,
            lease.token())
        == 1;
  }

  /** Not tried again; false if the lease was lost. */
  final boolean bury(Session session, long id, Lease lease, String reason) throws SQLException {
    return session.update(
            "UPDATE "
                + table
                + " SET state = 'DEAD', lease = 0, finished_at = ?, reason = ?"
                + " WHERE id = ? AND lease = ? AND state = 'WAITING'",
            session.millis(),
            storable(reason),
            id,
            lease.token())
        == 1;
  }

  final List<DeadLetter> dead(Session session, long afterId, int limit) throws SQLException {
    List<DeadLetter> letters = new ArrayList<>();
    try (ResultSet row =
        session
            .prepare(
                "SELECT id, topic, key, attempts, enqueued_at, finished_at, reason FROM "
                    + table
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

  final boolean requeue(Session session, long id) throws SQLException {
    return session.update(
            "UPDATE "
                + table
                + " SET state = 'WAITING', attempts = 0, due_at = ?, finished_at = NULL"
                + " WHERE id = ? AND state = 'DEAD'",
            session.millis(),
            id)
        == 1;
  }

  final boolean discard(Session session, long id) throws SQLException {
    int discarded = session.update("DELETE FROM " + table + " WHERE id = ? AND state = 'DEAD'", id);
    moved(MessageState.DEAD, discarded);
    return discarded == 1;
  }

  /** No database keeps the character 0, and half a surrogate pair is no character. */
  private static String storable(String reason) {
    String text = reason.replace('\0', '\uFFFD');
    if (text.length() <= MAX_REASON) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(MAX_REASON - 1));
    return text.substring(0, splits ? MAX_REASON - 1 : MAX_REASON);
  }
}
