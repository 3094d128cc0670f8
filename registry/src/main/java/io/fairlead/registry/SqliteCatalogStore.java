package io.fairlead.registry;

import io.fairlead.discovery.CatalogJson;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.InvalidInstanceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The durable store of one process: SQLite with a write-ahead log that is forced to the disk at
 * each commit. One connection, locked for this process. Single-threaded.
 *
 * <p>When a commit fails it may still have reached the log. The store then opens the database again
 * and asks it, so that what a caller is told and what the next start reads never differ.
 */
public final class SqliteCatalogStore implements CatalogStore {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteCatalogStore.class);
  private static final long SCHEMA = 1;
  private static final int PAGE_BYTES = 4096;

  private final SqliteSettings settings;
  private Connection connection;
  private boolean broken;

  private SqliteCatalogStore(SqliteSettings settings, Connection connection) {
    this.settings = settings;
    this.connection = connection;
  }

  /**
   * Opens the database, made new if there is none.
   *
   * @throws StoreException if another process has it open, it is damaged, of a later release, or
   *     cannot be written
   */
  public static SqliteCatalogStore open(SqliteSettings settings) throws StoreException {
    try {
      return new SqliteCatalogStore(settings, connect(settings));
    } catch (SQLException e) {
      throw new StoreException(describe("cannot open", settings, e), e);
    }
  }

  @Override
  public StoredCatalog load() throws StoreException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT service, id, version, body FROM instance")) {
      var entries = new ArrayList<StoredEntry>();
      while (rows.next()) {
        entries.add(entry(rows));
      }
      return new StoredCatalog(text("catalog_id"), number("version"), entries);
    } catch (SQLException | InvalidInstanceException e) {
      throw new StoreException(describe("cannot read", settings, e), e);
    }
  }

  @Override
  public void write(List<StoreWrite> batch) throws StoreException {
    long last = batch.getLast().version();
    try {
      if (broken) {
        recover(batch.getFirst().version() - 1);
      }
      writeAll(batch);
      setNumber("version", last);
      connection.commit();
    } catch (SQLException e) {
      if (!committedNevertheless(last)) {
        throw new StoreException(describe("cannot write", settings, e), e);
      }
      LOG.warn("{}: a commit that failed turned out to be complete", settings.file(), e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("{}: closing failed; committed state is safe", settings.file(), e);
    }
  }

  private void writeAll(List<StoreWrite> batch) throws SQLException {
    try (var put =
            connection.prepareStatement("INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?)");
        var remove =
            connection.prepareStatement("DELETE FROM instance WHERE service = ? AND id = ?")) {
      for (StoreWrite write : batch) {
        switch (write) {
          case StoreWrite.Put(long version, var request) -> {
            key(put, request.instance().key());
            put.setLong(3, version);
            put.setBytes(4, CatalogJson.registration(request));
            put.executeUpdate();
          }
          case StoreWrite.Remove(long _, var key) -> {
            key(remove, key);
            remove.executeUpdate();
          }
        }
      }
    }
  }

  private static void key(PreparedStatement statement, InstanceKey key) throws SQLException {
    statement.setString(1, key.service());
    statement.setString(2, key.id());
  }

  private static StoredEntry entry(ResultSet row) throws SQLException {
    var key = new InstanceKey(row.getString(1), row.getString(2));
    return new StoredEntry(row.getLong(3), CatalogJson.readRegistration(key, row.getBytes(4)));
  }

  /** Starts over on a fresh connection, which rolls back what was not committed. */
  private boolean committedNevertheless(long version) {
    broken = true;
    try {
      reconnect();
      return number("version") == version;
    } catch (SQLException e) {
      LOG.error("{}: cannot be opened again, the next write tries anew", settings.file(), e);
      return false;
    }
  }

  /**
   * A commit that was reported as failed while the file could not be read may have reached the log
   * after all. Going on would then mix two histories under the same versions.
   */
  private void recover(long expectedVersion) throws SQLException {
    reconnect();
    long found = number("version");
    if (found != expectedVersion) {
      broken = true;
      throw new SQLException(
          "it holds version %d and not %d: a commit reported as failed was complete; start again"
              .formatted(found, expectedVersion));
    }
  }

  private void reconnect() throws SQLException {
    close();
    connection = connect(settings);
    broken = false;
  }

  private static Connection connect(SqliteSettings settings) throws SQLException {
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setLockingMode(SQLiteConfig.LockingMode.EXCLUSIVE);
    config.setPageSize(PAGE_BYTES);
    config.setMaxPageCount((int) Math.min(settings.maxBytes() / PAGE_BYTES, Integer.MAX_VALUE));
    config.setBusyTimeout(0);
    var connection = config.createConnection(JDBC.PREFIX + settings.file());
    try {
      connection.setAutoCommit(false);
      createSchema(connection);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void createSchema(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value ANY) STRICT");
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS instance (
            service TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
            body BLOB NOT NULL, PRIMARY KEY (service, id)) STRICT, WITHOUT ROWID""");
    }
    try (var insert = connection.prepareStatement("INSERT OR IGNORE INTO meta VALUES (?, ?)")) {
      insert.setString(1, "schema");
      insert.setLong(2, SCHEMA);
      insert.executeUpdate();
      insert.setString(1, "catalog_id");
      insert.setString(2, UUID.randomUUID().toString());
      insert.executeUpdate();
      insert.setString(1, "version");
      insert.setLong(2, 0);
      insert.executeUpdate();
    }
    try (var query = connection.prepareStatement("SELECT value FROM meta WHERE key = 'schema'");
        var row = query.executeQuery()) {
      if (row.next() && row.getLong(1) != SCHEMA) {
        throw new SQLException(
            "schema: must be %d, was %d; use the release that wrote it"
                .formatted(SCHEMA, row.getLong(1)));
      }
    }
    connection.commit();
  }

  private String text(String key) throws SQLException {
    try (var query = connection.prepareStatement("SELECT value FROM meta WHERE key = ?")) {
      query.setString(1, key);
      try (var row = query.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("meta has no row '" + key + "'");
        }
        return row.getString(1);
      }
    }
  }

  private long number(String key) throws SQLException {
    return Long.parseLong(text(key));
  }

  private void setNumber(String key, long value) throws SQLException {
    try (var update = connection.prepareStatement("UPDATE meta SET value = ? WHERE key = ?")) {
      update.setLong(1, value);
      update.setString(2, key);
      update.executeUpdate();
    }
  }

  private static String describe(String what, SqliteSettings settings, Exception e) {
    var file = settings.file();
    if (e instanceof SQLiteException sqlite) {
      return switch (SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)) {
        case SQLITE_FULL ->
            "%s %s: the disk is full or maxBytes (%d) is reached"
                .formatted(what, file, settings.maxBytes());
        case SQLITE_BUSY -> what + " " + file + ": another process has it open";
        case SQLITE_CORRUPT, SQLITE_NOTADB -> what + " " + file + ": the file is damaged";
        default -> what + " " + file + ": " + e.getMessage();
      };
    }
    return what + " " + file + ": " + e.getMessage();
  }
}
