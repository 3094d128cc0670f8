package io.fairlead.outbox;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * A PostgreSQL server that a test installs and starts, and may kill. It ends with its process.
 *
 * <p>Its default for {@code synchronous_commit} is off: the outbox has to mind its durability.
 */
final class PostgresServer implements AutoCloseable {
  private static final AtomicInteger SCHEMAS = new AtomicInteger();
  private static final Duration BOUND = Duration.ofSeconds(60);

  private final Path data;
  private final boolean temporary;
  private EmbeddedPostgres server;

  private PostgresServer(Path data, boolean temporary) throws IOException {
    this.data = data;
    this.temporary = temporary;
    server = settings().start();
  }

  /** The one for all tests that leave it alive. */
  static PostgresServer shared() {
    return Shared.SERVER;
  }

  /** One that a test may kill, with its data in this folder. */
  static PostgresServer in(Path folder) throws IOException {
    return new PostgresServer(folder.resolve("postgres"), false);
  }

  private static final class Shared {
    static final PostgresServer SERVER = make();

    private static PostgresServer make() {
      try {
        // The server's driver ends it when this process does.
        Path folder = Path.of("target").toAbsolutePath();
        return new PostgresServer(Files.createTempDirectory(folder, "postgres"), true);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private EmbeddedPostgres.Builder settings() {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(temporary)
        .setServerConfig("unix_socket_directories", "")
        .setServerConfig("max_connections", "60");
  }

  /** Kills the process that all others of the server depend on, with signal 9. */
  void kill() throws IOException {
    long pid = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }

  /** Starts it at the same port, on the same data. */
  void restart() throws IOException {
    int port = server.getPort();
    server.close(); // There is nothing left to stop; it lets go of the folder.
    Awaitility.await()
        .atMost(BOUND)
        .ignoreExceptions() // Until the last of the old processes has ended.
        .until(
            () -> {
              server = settings().setPort(port).start();
              return true;
            });
  }

  /** The address of a schema of its own, which is empty. */
  String newSchema() throws SQLException {
    String schema = "test" + SCHEMAS.incrementAndGet();
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA " + schema);
    }
    return server.getJdbcUrl("postgres", "postgres") + "&currentSchema=" + schema;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
