package io.fairlead.outbox;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The file of an outbox: one connection and one transaction at a time.
 *
 * <p>Write-ahead log with {@code synchronous=FULL}: a commit that returned survives the death of
 * the process and of the machine. Other processes wait for the lock up to the busy timeout.
 */
final class SqliteStore implements Store {
  private static final System.Logger LOG = System.getLogger(SqliteStore.class.getName());

  private static final int VERSION = 1;

  /** SQLITE_BUSY; its variants differ in higher bits. */
  private static final int BUSY = 5;

  private static final long LOOK_AGAIN_NANOS = 1_000_000;

  /**
   * A taken message is one that is not due before its lease ends, so an expired lease needs nobody
   * to notice it. Triggers keep the tally, because counting rows would cost more the longer the
   * queue is.
   */
  private static final List<String> SCHEMA =
      List.of(
          """
          CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            topic TEXT NOT NULL,
            key TEXT NOT NULL,
            payload BLOB NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            enqueued_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            lease INTEGER NOT NULL,
            finished_at INTEGER,
            reason TEXT,
            UNIQUE (topic, key)) STRICT""",
          "CREATE INDEX due ON message (topic, due_at, id) WHERE state = 'WAITING'",
          "CREATE INDEX age ON message (enqueued_at) WHERE state = 'WAITING'",
          "CREATE INDEX done ON message (finished_at) WHERE state = 'DONE'",
          "CREATE INDEX dead ON message (id) WHERE state = 'DEAD'",
          """
          CREATE TABLE tally (
            topic TEXT NOT NULL,
            state TEXT NOT NULL,
            messages INTEGER NOT NULL,
            PRIMARY KEY (topic, state)) STRICT, WITHOUT ROWID""",
          """
          CREATE TRIGGER added AFTER INSERT ON message BEGIN
            INSERT INTO tally VALUES (new.topic, new.state, 1)
              ON CONFLICT (topic, state) DO UPDATE SET messages = messages + 1;
          END""",
          """
          CREATE TRIGGER moved AFTER UPDATE OF state ON message WHEN old.state <> new.state BEGIN
            UPDATE tally SET messages = messages - 1 WHERE topic = old.topic AND state = old.state;
            INSERT INTO tally VALUES (new.topic, new.state, 1)
              ON CONFLICT (topic, state) DO UPDATE SET messages = messages + 1;
          END""",
          """
          CREATE TRIGGER removed AFTER DELETE ON message BEGIN
            UPDATE tally SET messages = messages - 1 WHERE topic = old.topic AND state = old.state;
          END""");

  private final Path file;
  private final Session session;
  private final SqliteMessages messages;

  /** Fair, so that those who enqueue without pause let the workers through. */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final long busyNanos;
  private boolean closed;

  private SqliteStore(Path file, Session session, OutboxSettings settings) {
    this.file = file;
    this.session = session;
    messages = new SqliteMessages(settings);
    busyNanos = settings.busyTimeout().toNanos();
  }

  static SqliteStore open(Path file, OutboxSettings settings, InstantSource clock) {
    try {
      createPrivately(file);
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try {
        var session = new Session(connection, open -> clock.millis());
        return prepared(file, session, settings);
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException | IOException e) {
      throw new OutboxException("outbox " + file + " cannot be opened", e);
    }
  }

  /** Messages are the application's secrets; SQLite gives its other files the same permissions. */
  private static void createPrivately(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] attributes =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    if (!Files.exists(file)) {
      try {
        Files.createFile(file, attributes);
      } catch (FileAlreadyExistsException faster) {
        // Another process made it, with the same permissions.
        LOG.log(Level.DEBUG, "{0} was made by another process", file);
      }
    }
  }

  private static SqliteStore prepared(Path file, Session session, OutboxSettings settings)
      throws SQLException {
    try (Statement statement = session.connection().createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + settings.busyTimeout().toMillis());
      try (ResultSet row = statement.executeQuery("PRAGMA journal_mode = WAL")) {
        if (!row.getString(1).equals("wal")) {
          throw new SQLException("its file system has no shared memory for the write-ahead log");
        }
      }
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("PRAGMA busy_timeout = 0");
    }
    var store = new SqliteStore(file, session, settings);
    store.transaction(SqliteStore::createSchema);
    return store;
  }

  private static int createSchema(Session session) throws SQLException {
    try (Statement statement = session.connection().createStatement()) {
      int version;
      try (ResultSet row = statement.executeQuery("PRAGMA user_version")) {
        version = row.getInt(1);
      }
      if (version > VERSION) {
        throw new SQLException(
            "its format is version " + version + ", this program knows up to " + VERSION);
      }
      if (version == 0) {
        for (String sql : SCHEMA) {
          statement.execute(sql);
        }
        statement.execute("PRAGMA user_version = " + VERSION);
      }
      return version;
    }
  }

  @Override
  public Messages messages() {
    return messages;
  }

  @Override
  public <T> T transaction(Work<T> work) {
    return locked(
        open -> {
          patiently(() -> open.prepare("BEGIN IMMEDIATE").execute());
          try {
            T result = work.run(open);
            open.execute("COMMIT");
            return result;
          } catch (Throwable e) {
            rollBack(e);
            throw e;
          }
        });
  }

  @Override
  public <T> T briefly(Work<T> work) {
    return transaction(work);
  }

  @Override
  public <T> T read(Work<T> work) {
    return locked(open -> patiently(() -> work.run(open)));
  }

  @Override
  public <T> T join(Connection transaction, Work<T> work) {
    throw new UnsupportedOperationException(
        "transaction: " + file + " is no database of the application, so none can be joined");
  }

  @Override
  public boolean mayConcernOne(OutboxException failure) {
    return false; // One connection and no other transaction: what fails one fails all.
  }

  private interface Attempt<T> {
    T run() throws SQLException;
  }

  private <T> T patiently(Attempt<T> attempt) throws SQLException {
    long start = System.nanoTime();
    while (true) {
      try {
        return attempt.run();
      } catch (SQLException e) {
        boolean busy = (e.getErrorCode() & 0xff) == BUSY;
        if (!busy || System.nanoTime() - start >= busyNanos) {
          throw e;
        }
      }
      // At random, so that two processes do not look in step with a third.
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(LOOK_AGAIN_NANOS));
    }
  }

  /** The lock of the one connection, so that the workers have their turn as well. */
  @Override
  public ReentrantLock turn() {
    return lock;
  }

  private <T> T locked(Work<T> work) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("outbox " + file + " is closed");
      }
      return work.run(session);
    } catch (SQLException e) {
      forgetStatements(e);
      throw new OutboxException("outbox " + file, e);
    } finally {
      lock.unlock();
    }
  }

  /** The driver ends a statement that failed, as by a full disk; it would fail for ever. */
  private void forgetStatements(SQLException cause) {
    try {
      session.close();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private void rollBack(Throwable cause) {
    try {
      session.execute("ROLLBACK");
    } catch (SQLException e) {
      // A failed commit may have rolled back already.
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        session.connection().close();
      }
    } catch (SQLException e) {
      throw new OutboxException("outbox " + file + " cannot be closed", e);
    } finally {
      lock.unlock();
    }
  }
}
