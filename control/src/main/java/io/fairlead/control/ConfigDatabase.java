package io.fairlead.control;

import io.fairlead.config.DocumentText;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import io.fairlead.control.ConfigDocument.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accepted configuration on disk (SQLite, write-ahead log, synchronous). Confined to the lock
 * of its {@link ConfigStore}.
 */
final class ConfigDatabase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigDatabase.class);

  private final Connection connection;

  ConfigDatabase(Path file) throws IOException {
    var directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    try {
      connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (var statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode=WAL");
        statement.execute("PRAGMA synchronous=FULL");
        statement.execute("PRAGMA busy_timeout=5000");
        statement.execute(
            "CREATE TABLE IF NOT EXISTS document (kind TEXT, namespace TEXT, name TEXT,"
                + " origin TEXT NOT NULL, file TEXT NOT NULL, text TEXT NOT NULL,"
                + " PRIMARY KEY (kind, namespace, name))");
        statement.execute(
            "CREATE TABLE IF NOT EXISTS version (id INTEGER PRIMARY KEY CHECK (id = 1),"
                + " number INTEGER NOT NULL)");
        addLine(statement);
      }
    } catch (SQLException broken) {
      throw new IOException("cannot open the configuration in " + file, broken);
    }
  }

  /** Earlier releases had line breaks before the text instead, as many as the file has there. */
  private static void addLine(Statement statement) throws SQLException {
    boolean there;
    try (var columns =
        statement.executeQuery("SELECT 1 FROM pragma_table_info('document') WHERE name = 'line'")) {
      there = columns.next();
    }
    if (!there) {
      statement.execute("ALTER TABLE document ADD COLUMN line INTEGER NOT NULL DEFAULT 1");
    }
  }

  /** The last accepted version, 0 at first. */
  long version() throws IOException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT number FROM version")) {
      return rows.next() ? rows.getLong(1) : 0;
    } catch (SQLException broken) {
      throw new IOException("cannot read the version of the configuration", broken);
    }
  }

  /**
   * The last accepted documents. One that an older release accepted and this one cannot read is
   * logged and left out, so that the rest stays in force.
   */
  Map<Manifest.Id, ConfigDocument> load() throws IOException {
    var documents = new TreeMap<Manifest.Id, ConfigDocument>();
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT origin, file, text, line FROM document")) {
      while (rows.next()) {
        var file = rows.getString(2);
        var text = new DocumentText(rows.getInt(4), rows.getString(3));
        var origin = Origin.valueOf(rows.getString(1));
        var parsed = Manifests.parse(file, text, references(origin, Path.of(file)));
        parsed.faults().forEach(fault -> LOG.error("stored configuration: {}", fault));
        for (var manifest : parsed.documents()) {
          documents.put(manifest.id(), new ConfigDocument(manifest, origin, file, text));
        }
      }
      return documents;
    } catch (SQLException broken) {
      throw new IOException("cannot read the configuration", broken);
    }
  }

  /** Only a file's own document may name files; over the API it could read any of the server. */
  private static Manifests.ReferencedFiles references(Origin origin, Path file) {
    var directory = file.toAbsolutePath().getParent();
    return origin == Origin.DIRECTORY && directory != null
        ? ConfigDirectory.references(directory)
        : Manifests.ReferencedFiles.NONE;
  }

  /**
   * Writes a version in one transaction; durable when it returns.
   *
   * @param written what is new or has another content
   * @param removed what is there no more
   */
  void save(long version, List<ConfigDocument> written, List<Manifest.Id> removed)
      throws IOException {
    try {
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.execute("INSERT OR REPLACE INTO version VALUES (1, " + version + ")");
        remove(removed);
        write(written);
        connection.commit();
      } catch (SQLException broken) {
        connection.rollback();
        throw broken;
      } finally {
        connection.setAutoCommit(true);
      }
    } catch (SQLException broken) {
      throw new IOException("cannot store the configuration: " + broken.getMessage(), broken);
    }
  }

  private void remove(List<Manifest.Id> ids) throws SQLException {
    var sql = "DELETE FROM document WHERE kind = ? AND namespace = ? AND name = ?";
    try (var delete = connection.prepareStatement(sql)) {
      for (var id : ids) {
        set(delete, id);
        delete.executeUpdate();
      }
    }
  }

  private void write(List<ConfigDocument> documents) throws SQLException {
    var sql =
        "INSERT OR REPLACE INTO document (kind, namespace, name, origin, file, text, line)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?)";
    try (var insert = connection.prepareStatement(sql)) {
      for (var document : documents) {
        set(insert, document.id());
        insert.setString(4, document.origin().name());
        insert.setString(5, document.file());
        insert.setString(6, document.source().text());
        insert.setInt(7, document.source().line());
        insert.executeUpdate();
      }
    }
  }

  private static void set(PreparedStatement statement, Manifest.Id id) throws SQLException {
    statement.setString(1, id.kind());
    statement.setString(2, id.namespace());
    statement.setString(3, id.name());
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException broken) {
      throw new IOException("cannot close the configuration", broken);
    }
  }
}
