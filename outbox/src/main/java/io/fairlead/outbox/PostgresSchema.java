package io.fairlead.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The tables of an outbox in PostgreSQL, made once and known by their version. */
final class PostgresSchema {
  private static final int VERSION = 1;

  /** Of the advisory lock under which one process makes the tables; "outbox" in ASCII. */
  private static final long LOCK = 0x6f7574626f78L;

  private static final String PREFIX = "fairlead_outbox_";

  /**
   * A taken message is one that is not due before its lease ends, so an expired lease needs nobody
   * to notice it. Rows change often and the queue is short, so it is vacuumed by their number.
   */
  static final List<String> TABLES =
      List.of(
          """
          CREATE TABLE fairlead_outbox_message (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            topic text COLLATE "C" NOT NULL,
            key text COLLATE "C" NOT NULL,
            payload bytea NOT NULL,
            state text COLLATE "C" NOT NULL,
            attempts integer NOT NULL,
            enqueued_at bigint NOT NULL,
            due_at bigint NOT NULL,
            lease bigint NOT NULL,
            finished_at bigint,
            reason text,
            UNIQUE (topic, key))
            WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)""",
          """
          CREATE INDEX fairlead_outbox_due ON fairlead_outbox_message (topic, due_at, id)
            WHERE state = 'WAITING'""",
          """
          CREATE INDEX fairlead_outbox_age ON fairlead_outbox_message (enqueued_at)
            WHERE state = 'WAITING'""",
          """
          CREATE INDEX fairlead_outbox_done ON fairlead_outbox_message (finished_at)
            WHERE state = 'DONE'""",
          """
          CREATE INDEX fairlead_outbox_dead ON fairlead_outbox_message (id)
            WHERE state = 'DEAD'""",
          "CREATE TABLE fairlead_outbox_version (version integer NOT NULL)",
          "INSERT INTO fairlead_outbox_version VALUES (1)");

  private PostgresSchema() {}

  static String check(Session session) throws SQLException {
    String product = session.connection().getMetaData().getDatabaseProductName();
    if (!product.equals("PostgreSQL")) {
      throw new SQLException("database: must be PostgreSQL, was " + product);
    }
    return product;
  }

  /**
   * Makes the tables if they are missing, in the transaction of the caller.
   *
   * @return what their names begin with, schema included, for connections with another search path
   */
  static String ensure(Session session) throws SQLException {
    String schema = schema(session);
    String prefix = schema + "." + PREFIX;
    // Who only finds the tables needs no right to make any.
    if (version(session, prefix) == 0) {
      session.prepare("SELECT pg_advisory_xact_lock(?)", LOCK).execute();
      if (version(session, prefix) == 0) {
        create(session, schema);
      }
    }
    int version = version(session, prefix);
    if (version > VERSION) {
      throw new SQLException(
          "its format is version " + version + ", this program knows up to " + VERSION);
    }
    return prefix;
  }

  private static String schema(Session session) throws SQLException {
    try (ResultSet row = session.prepare("SELECT quote_ident(current_schema())").executeQuery()) {
      row.next();
      String schema = row.getString(1);
      if (schema == null) {
        throw new SQLException("search_path: must name a schema that exists");
      }
      return schema;
    }
  }

  /** Asks by a query, which sees what was committed while this transaction waited. */
  private static int version(Session session, String prefix) throws SQLException {
    long found =
        session.number(
            0,
            "SELECT count(*) FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace"
                + " ON pg_namespace.oid = relnamespace"
                + " WHERE nspname = current_schema() AND relname = ?",
            PREFIX + "version");
    return found == 0
        ? 0
        : (int) session.number(0, "SELECT max(version) FROM " + prefix + "version");
  }

  private static void create(Session session, String schema) throws SQLException {
    try (Statement statement = session.connection().createStatement()) {
      // A schema that comes before it in the path must not catch what has no schema's name.
      statement.execute("SET LOCAL search_path = " + schema);
      for (String sql : TABLES) {
        statement.execute(sql);
      }
    }
  }
}
