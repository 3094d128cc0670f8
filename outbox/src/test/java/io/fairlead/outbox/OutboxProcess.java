package io.fairlead.outbox;

import io.fairlead.resilience.RetrySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * A process that enqueues and handles until it is killed, once its standard input says so.
 * Arguments: folder of the journal, name of the process, and where the outbox lies.
 */
final class OutboxProcess {
  static final WorkerSettings WORKER =
      WorkerSettings.defaults()
          .withConcurrency(2)
          .withLease(Duration.ofSeconds(3))
          .withPollInterval(Duration.ofMillis(20))
          .withRetry(
              RetrySettings.defaults().withMaxRetries(100).withInitialDelay(Duration.ofMillis(5)));

  /** Lets handlers keep up and other processes have the processor. */
  private static final long PACE_NANOS = Duration.ofMillis(2).toNanos();

  private final Outbox outbox;
  private final Journal journal;

  private OutboxProcess(Outbox outbox, Journal journal) {
    this.outbox = outbox;
    this.journal = journal;
  }

  public static void main(String[] args) throws IOException {
    String name = args[1];
    try (var journal = new Journal(Path.of(args[0]), name)) {
      if (args[2].startsWith("jdbc:")) {
        DataSource database = new Pool(args[2]).source();
        Outbox outbox = Outbox.open(database, OutboxSettings.defaults());
        new OutboxProcess(outbox, journal).run(name, database);
      } else {
        Outbox outbox = Outbox.open(Path.of(args[2]), OutboxSettings.defaults());
        new OutboxProcess(outbox, journal).run(name);
      }
    }
  }

  private void start() throws IOException {
    if (System.in.read() >= 0) {
      outbox.worker("pay", WORKER, journal).start();
    }
  }

  private void run(String name) throws IOException {
    start();
    for (int i = 0; i < 1_000_000; i++) {
      enqueue(name + "-" + i);
      if (i % 5 == 4) {
        enqueue(name + "-" + i / 2);
      }
    }
  }

  private void run(String name, DataSource database) throws IOException {
    start();
    for (int i = 0; i < 1_000_000; i++) {
      enqueue(name + "-" + i);
      if (i % 5 == 4) {
        enqueue(name + "-" + i / 2);
      }
      if (i % 3 == 2) {
        order(database, "order-" + name + "-" + i);
      }
    }
  }

  private void enqueue(String key) {
    boolean sure = true;
    while (true) {
      try {
        tell(outbox.enqueue("pay", key, new byte[100]), sure, key);
        return;
      } catch (OutboxException e) {
        journal.line("failed", key);
        sure = false;
      }
      LockSupport.parkNanos(5 * PACE_NANOS);
    }
  }

  private void tell(Enqueued enqueued, boolean sure, String key) {
    journal.line(
        switch (enqueued) {
          case Enqueued.Accepted accepted -> "accepted";
          case Enqueued.Duplicate duplicate -> sure ? "duplicate" : "found";
          case Enqueued.Full full -> "full";
        },
        key);
    LockSupport.parkNanos(PACE_NANOS);
  }

  /** An order and its message, both or neither: every fourth is thought better of. */
  private void order(DataSource database, String key) {
    boolean sure = true;
    while (true) {
      try (Connection connection = database.getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute(
            "SET LOCAL synchronous_commit = on"); // In its own transaction it is ours.
        statement.execute("INSERT INTO orders VALUES ('" + key + "') ON CONFLICT DO NOTHING");
        Enqueued enqueued = outbox.enqueue(connection, "pay", key, new byte[100]);
        if (key.hashCode() % 4 == 0) {
          connection.rollback();
        } else {
          connection.commit();
          tell(enqueued, sure, key);
        }
        connection.setAutoCommit(true);
        return;
      } catch (SQLException | OutboxException e) {
        journal.line("failed", key);
        sure = false;
      }
      LockSupport.parkNanos(5 * PACE_NANOS);
    }
  }
}
