package io.fairlead.outbox;

import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * Connections of the application's data source, each borrowed for one transaction or read and given
 * back as it came, at most so many at a time. Thread-safe.
 *
 * <p>A transaction brings its own isolation level, time-outs and durability, whatever the
 * application has set for the database: those of the outbox must not depend on it.
 */
final class Connections {
  private static final System.Logger LOG = System.getLogger(Connections.class.getName());

  private static final String NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";

  /** The server's clock, which all processes share wherever they run. */
  static final Session.Time SERVER_TIME = session -> session.number(0, "SELECT " + NOW);

  /** Longer than any statement takes; a peer silent for longer is gone. */
  private static final Duration MIN_SILENCE = Duration.ofSeconds(30);

  private static final long BRIEF_MILLIS = 100;

  private interface Use<T> {
    T with(Connection connection) throws SQLException;
  }

  private final DataSource source;
  private final Session.Time time;
  private final long busyMillis;
  private final int silenceMillis;
  private final int most;
  private final Semaphore permits;
  private volatile boolean closed;

  Connections(DataSource source, OutboxSettings settings, Session.Time time) {
    this.source = source;
    this.time = time;
    busyMillis = settings.busyTimeout().toMillis();
    long silence = Math.max(MIN_SILENCE.toMillis(), 2 * busyMillis);
    silenceMillis = (int) Math.min(Integer.MAX_VALUE, silence);
    most = settings.maxConnections();
    permits = new Semaphore(most, true);
  }

  <T> T transaction(Store.Work<T> work) {
    return transaction(work, busyMillis);
  }

  <T> T briefly(Store.Work<T> work) {
    return transaction(work, Math.min(BRIEF_MILLIS, busyMillis));
  }

  private <T> T transaction(Store.Work<T> work, long lockMillis) {
    return borrowed(
        connection -> {
          connection.setAutoCommit(false);
          try (Session session = new Session(connection, begin(connection, lockMillis))) {
            T result = work.run(session);
            connection.commit();
            return result;
          } catch (Throwable e) {
            rollBack(connection, e);
            throw e;
          }
        });
  }

  <T> T read(Store.Work<T> work) {
    return borrowed(
        connection -> {
          connection.setAutoCommit(true);
          try (Session session = new Session(connection, time)) {
            return work.run(session);
          }
        });
  }

  <T> T join(Connection transaction, Store.Work<T> work) {
    checkOpen();
    try (Session session = new Session(transaction, time)) {
      if (transaction.getAutoCommit()) {
        throw new IllegalArgumentException("transaction: must have auto-commit off, was on");
      }
      return work.run(session);
    } catch (SQLException e) {
      throw new OutboxException("outbox in the caller's transaction", e);
    }
  }

  void close() {
    closed = true;
  }

  /** One round trip that also brings the time, which then stands still for the transaction. */
  private Session.Time begin(Connection connection, long lockMillis) throws SQLException {
    String settings =
        """
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        SELECT %s,
          set_config('lock_timeout', '%d', true),
          set_config('idle_in_transaction_session_timeout', '%d', true),
          CASE WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'on', true) END"""
            .formatted(NOW, Math.min(lockMillis, Integer.MAX_VALUE), silenceMillis);
    try (Statement statement = connection.createStatement()) {
      statement.execute(settings);
      statement.getMoreResults();
      try (ResultSet row = statement.getResultSet()) {
        row.next();
        long serverMillis = row.getLong(1);
        return time == SERVER_TIME ? session -> serverMillis : time;
      }
    }
  }

  private <T> T borrowed(Use<T> use) {
    checkOpen();
    try {
      acquire();
      try (Connection connection = source.getConnection()) {
        return asItCame(connection, use);
      } finally {
        permits.release();
      }
    } catch (SQLException e) {
      throw new OutboxException("outbox in PostgreSQL", e);
    }
  }

  private <T> T asItCame(Connection connection, Use<T> use) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    int timeout = connection.getNetworkTimeout();
    if (timeout == 0) {
      connection.setNetworkTimeout(Runnable::run, silenceMillis);
    }
    try {
      return use.with(connection);
    } finally {
      restore(connection, autoCommit, timeout);
    }
  }

  private static void restore(Connection connection, boolean autoCommit, int timeout) {
    try {
      connection.setAutoCommit(autoCommit);
      connection.setNetworkTimeout(Runnable::run, timeout);
    } catch (SQLException e) {
      // It is broken, and its pool finds out as well; what was done with it has its own outcome.
      LOG.log(Level.DEBUG, "a connection cannot be given back as it came", e);
    }
  }

  /** An interrupt is the caller's affair: it ends no transaction. */
  private void acquire() throws SQLException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(busyMillis);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (permits.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw new SQLTimeoutException(
              "its " + most + " connections were in use for " + busyMillis + " ms");
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("outbox in PostgreSQL is closed");
    }
  }

  private static void rollBack(Connection connection, Throwable cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
      end(connection, cause);
    }
  }

  /** The server rolls back what its client does not end; a pool would pass it on unended. */
  private static void end(Connection connection, Throwable cause) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }
}
