package io.fairlead.outbox;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What only PostgreSQL says: rows that transactions lock beside each other. */
final class PostgresMessages extends Messages {
  private static final int MAX_ROUNDS = 10;

  private final Estimate held;
  private final Estimate done;

  PostgresMessages(String prefix, OutboxSettings settings) {
    super(prefix + "message", settings);
    // Apart, since each has an index of its own.
    held =
        new Estimate(
            "SELECT (%s) + (%s)".formatted(count(MessageState.WAITING), count(MessageState.DEAD)));
    done = new Estimate(count(MessageState.DONE));
  }

  private String count(MessageState state) {
    return "SELECT count(*) FROM " + table + " WHERE state = '" + state + "'";
  }

  /** In order, so that two transactions never wait for each other's keys. */
  private record Name(String topic, String key) implements Comparable<Name> {
    static Name of(Envelope envelope) {
      return new Name(envelope.topic(), envelope.key());
    }

    @Override
    public int compareTo(Name other) {
      int byTopic = topic.compareTo(other.topic);
      return byTopic == 0 ? key.compareTo(other.key) : byTopic;
    }
  }

  @Override
  List<Enqueued> insert(Session session, List<Envelope> batch) throws SQLException {
    Map<Name, Envelope> unknown = new LinkedHashMap<>();
    batch.forEach(one -> unknown.putIfAbsent(Name.of(one), one));
    Map<Name, Enqueued> outcomes = new HashMap<>();
    // A key that another transaction stored meanwhile is found by the next look.
    for (int round = 0; !unknown.isEmpty(); round++) {
      if (round == MAX_ROUNDS) {
        throw new SQLException("keys come and go faster than they can be looked up");
      }
      found(session, unknown.keySet(), outcomes);
      unknown.keySet().removeAll(outcomes.keySet());
      refuse(session, unknown, outcomes);
      stored(session, new TreeMap<>(unknown), outcomes);
      unknown.keySet().removeAll(outcomes.keySet());
    }
    return inOrder(batch, outcomes);
  }

  private static List<Enqueued> inOrder(List<Envelope> batch, Map<Name, Enqueued> outcomes) {
    List<Enqueued> results = new ArrayList<>();
    for (Envelope one : batch) {
      Name name = Name.of(one);
      Enqueued result = outcomes.get(name);
      results.add(result);
      if (result instanceof Enqueued.Accepted(long id)) {
        outcomes.put(name, new Enqueued.Duplicate(id, MessageState.WAITING));
      }
    }
    return results;
  }

  private void found(Session session, Collection<Name> names, Map<Name, Enqueued> outcomes)
      throws SQLException {
    try (ResultSet row =
        session
            .prepare(
                "SELECT topic, key, id, state FROM "
                    + table
                    + " JOIN unnest(CAST(? AS text[]), CAST(? AS text[])) AS asked (topic, key)"
                    + " USING (topic, key)",
                texts(session, names.stream().map(Name::topic).toArray()),
                texts(session, names.stream().map(Name::key).toArray()))
            .executeQuery()) {
      while (row.next()) {
        outcomes.put(
            new Name(row.getString(1), row.getString(2)),
            new Enqueued.Duplicate(row.getLong(3), MessageState.valueOf(row.getString(4))));
      }
    }
  }

  /** Takes from the unknown those for whom there is no room, the latest first. */
  private void refuse(Session session, Map<Name, Envelope> unknown, Map<Name, Enqueued> outcomes)
      throws SQLException {
    long most = settings.maxMessages();
    if (unknown.isEmpty() || held.rows(session) + unknown.size() <= most) {
      return;
    }
    long room = Math.max(0, most - held.rowsNow(session));
    List<Name> refused = unknown.keySet().stream().skip(room).toList();
    refused.forEach(name -> outcomes.put(name, new Enqueued.Full(most)));
    refused.forEach(unknown::remove);
  }

  private void stored(Session session, TreeMap<Name, Envelope> fresh, Map<Name, Enqueued> outcomes)
      throws SQLException {
    if (fresh.isEmpty()) {
      return;
    }
    Collection<Envelope> envelopes = fresh.values();
    long now = session.millis();
    Connection connection = session.connection();
    int before = outcomes.size();
    try (ResultSet row =
        session
            .prepare(
                "INSERT INTO "
                    + table
                    + " (topic, key, payload, state, attempts, enqueued_at, due_at, lease)"
                    + " SELECT topic, key, payload, 'WAITING', 0, ?, ?, 0"
                    + " FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS bytea[]))"
                    + " WITH ORDINALITY AS fresh (topic, key, payload, place) ORDER BY place"
                    + " ON CONFLICT (topic, key) DO NOTHING RETURNING topic, key, id",
                now,
                now,
                texts(session, envelopes.stream().map(Envelope::topic).toArray()),
                texts(session, envelopes.stream().map(Envelope::key).toArray()),
                connection.createArrayOf(
                    "bytea", envelopes.stream().map(Envelope::payload).toArray(byte[][]::new)))
            .executeQuery()) {
      while (row.next()) {
        outcomes.put(
            new Name(row.getString(1), row.getString(2)), new Enqueued.Accepted(row.getLong(3)));
      }
    }
    held.add(outcomes.size() - before);
  }

  private static Array texts(Session session, Object[] values) throws SQLException {
    return session.connection().createArrayOf("text", values);
  }

  @Override
  long tally(Session session, MessageState state) throws SQLException {
    return session.number(0, count(state));
  }

  @Override
  long tally(Session session, MessageState state, String topic) throws SQLException {
    return session.number(0, count(state) + " AND topic = ?", topic);
  }

  @Override
  long remembered(Session session) throws SQLException {
    return done.rows(session);
  }

  @Override
  String rowLock() {
    return " FOR UPDATE SKIP LOCKED";
  }

  @Override
  void moved(MessageState from, int messages) {
    switch (from) {
      case WAITING -> {
        held.add(-messages);
        done.add(messages);
      }
      case DEAD -> held.add(-messages);
      case DONE -> done.add(-messages);
    }
  }
}
