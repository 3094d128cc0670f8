package io.fairlead.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;

/** The database of an outbox: its transactions and the statements it understands. Thread-safe. */
sealed interface Store extends AutoCloseable permits SqliteStore, PostgresStore {
  /** Work with statements, inside a transaction or a single read. */
  interface Work<T> {
    T run(Session session) throws SQLException;
  }

  Messages messages();

  /**
   * Runs the work in a transaction that is durable when this returns, or not done at all.
   *
   * @throws OutboxException if the database failed
   * @throws IllegalStateException if the store is closed
   */
  <T> T transaction(Work<T> work);

  /**
   * As {@link #transaction}, of one who others wait for: where another transaction has locked what
   * it needs, it fails soon.
   */
  <T> T briefly(Work<T> work);

  /** Runs reads that need not see one state; throws as {@link #transaction} does. */
  <T> T read(Work<T> work);

  /** Runs the work inside the caller's own transaction, which the caller ends. */
  <T> T join(Connection transaction, Work<T> work);

  /** Whoever has it stores the messages of all who wait for it. Fair. */
  ReentrantLock turn();

  /** Whether one of the messages may be why the transaction of all of them failed. */
  boolean mayConcernOne(OutboxException failure);

  @Override
  void close();
}
