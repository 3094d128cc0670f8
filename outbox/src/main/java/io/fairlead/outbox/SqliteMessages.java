package io.fairlead.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What only SQLite says: one transaction at a time, and triggers that keep the tally. */
final class SqliteMessages extends Messages {
  SqliteMessages(OutboxSettings settings) {
    super("message", settings);
  }

  @Override
  List<Enqueued> insert(Session session, List<Envelope> batch) throws SQLException {
    List<Enqueued> results = new ArrayList<>();
    for (Envelope envelope : batch) {
      results.add(insert(session, envelope));
    }
    return results;
  }

  private Enqueued insert(Session session, Envelope envelope) throws SQLException {
    try (ResultSet row =
        session
            .prepare(
                "SELECT id, state FROM message WHERE topic = ? AND key = ?",
                envelope.topic(),
                envelope.key())
            .executeQuery()) {
      if (row.next()) {
        return new Enqueued.Duplicate(row.getLong(1), MessageState.valueOf(row.getString(2)));
      }
    }
    if (held(session) >= settings.maxMessages()) {
      return new Enqueued.Full(settings.maxMessages());
    }
    long now = session.millis();
    session.update(
        "INSERT INTO message (topic, key, payload, state, attempts, enqueued_at, due_at, lease)"
            + " VALUES (?, ?, ?, 'WAITING', 0, ?, ?, 0)",
        envelope.topic(),
        envelope.key(),
        envelope.payload(),
        now,
        now);
    return new Enqueued.Accepted(session.number(0, "SELECT last_insert_rowid()"));
  }

  private static long held(Session session) throws SQLException {
    return session.number(0, "SELECT sum(messages) FROM tally WHERE state IN ('WAITING', 'DEAD')");
  }

  @Override
  long tally(Session session, MessageState state) throws SQLException {
    return session.number(0, "SELECT sum(messages) FROM tally WHERE state = ?", state.name());
  }

  @Override
  long tally(Session session, MessageState state, String topic) throws SQLException {
    return session.number(
        0, "SELECT messages FROM tally WHERE state = ? AND topic = ?", state.name(), topic);
  }

  @Override
  long remembered(Session session) throws SQLException {
    return tally(session, MessageState.DONE);
  }

  @Override
  String rowLock() {
    return "";
  }

  @Override
  void moved(MessageState from, int messages) {
    // The triggers count.
  }
}
