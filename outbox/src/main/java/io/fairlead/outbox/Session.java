package io.fairlead.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A connection with its prepared statements, and the time. For one thread at a time. Closing it
 * closes the statements and leaves the connection alone.
 */
final class Session implements AutoCloseable {
  /** Milliseconds since 1970, of a clock that all processes of the outbox share. */
  interface Time {
    long millis(Session session) throws SQLException;
  }

  private final Connection connection;
  private final Time time;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  Session(Connection connection, Time time) {
    this.connection = connection;
    this.time = time;
  }

  Connection connection() {
    return connection;
  }

  long millis() throws SQLException {
    return time.millis(this);
  }

  /** The statement, prepared once, with these parameters in their order. */
  PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }

  void execute(String sql) throws SQLException {
    prepare(sql).execute();
  }

  int update(String sql, Object... parameters) throws SQLException {
    return prepare(sql, parameters).executeUpdate();
  }

  /** The first column of the first row, or the default if there is no row or it is null. */
  long number(long otherwise, String sql, Object... parameters) throws SQLException {
    try (ResultSet row = prepare(sql, parameters).executeQuery()) {
      if (!row.next()) {
        return otherwise;
      }
      long number = row.getLong(1);
      return row.wasNull() ? otherwise : number;
    }
  }

  /** Another use prepares its statements again. */
  @Override
  public void close() throws SQLException {
    List<PreparedStatement> open = List.copyOf(statements.values());
    statements.clear();
    for (PreparedStatement statement : open) {
      statement.close();
    }
  }
}
