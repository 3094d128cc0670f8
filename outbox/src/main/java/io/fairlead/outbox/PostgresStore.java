package io.fairlead.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;

/**
 * The tables of an outbox in the application's PostgreSQL database. Transactions of workers and of
 * those who enqueue run beside each other; a message that one takes is passed over by the others.
 */
final class PostgresStore implements Store {
  private final Connections connections;
  private final PostgresMessages messages;
  private final ReentrantLock turn = new ReentrantLock(true);

  private PostgresStore(Connections connections, PostgresMessages messages) {
    this.connections = connections;
    this.messages = messages;
  }

  static PostgresStore open(DataSource source, OutboxSettings settings, Session.Time time) {
    var connections = new Connections(source, settings, time);
    connections.read(PostgresSchema::check);
    String prefix = connections.transaction(PostgresSchema::ensure);
    return new PostgresStore(connections, new PostgresMessages(prefix, settings));
  }

  @Override
  public Messages messages() {
    return messages;
  }

  @Override
  public <T> T transaction(Work<T> work) {
    return connections.transaction(work);
  }

  @Override
  public <T> T briefly(Work<T> work) {
    return connections.briefly(work);
  }

  @Override
  public <T> T read(Work<T> work) {
    return connections.read(work);
  }

  @Override
  public <T> T join(Connection transaction, Work<T> work) {
    return connections.join(transaction, work);
  }

  @Override
  public ReentrantLock turn() {
    return turn;
  }

  /** Such as a key that another transaction holds, or text that the database cannot encode. */
  @Override
  public boolean mayConcernOne(OutboxException failure) {
    return failure.getCause() instanceof SQLException cause
        && cause.getSQLState() != null
        && SqlClass.of(cause.getSQLState()) == SqlClass.STATEMENT;
  }

  /** Who is to blame, by the first two characters of an SQLSTATE (PostgreSQL, appendix A). */
  private enum SqlClass {
    STATEMENT,
    SERVER;

    static SqlClass of(String state) {
      return switch (state.substring(0, Math.min(2, state.length()))) {
        case "22", "23", "40", "54", "55" -> STATEMENT;
        default -> SERVER;
      };
    }
  }

  @Override
  public void close() {
    connections.close();
  }
}
