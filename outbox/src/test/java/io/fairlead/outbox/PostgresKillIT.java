package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresKillIT extends KillContract {
  private static final int SERVER_KILLS = Integer.getInteger("fairlead.serverKills", 5);
  private static final int MAX_LINES = 200;

  /** One per class, since it is killed. */
  private static PostgresServer server;

  private final String url;
  private final DataSource database;

  PostgresKillIT() throws SQLException {
    url = server.newSchema();
    database = new Pool(url).source();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE orders (key text PRIMARY KEY)");
    }
  }

  @BeforeAll
  static void startServer(@TempDir Path folder) throws Exception {
    server = PostgresServer.in(folder);
  }

  @AfterAll
  static void endServer() throws Exception {
    server.close();
  }

  @Override
  String address() {
    return url;
  }

  @Override
  Outbox open() {
    return Outbox.open(database, OutboxSettings.defaults());
  }

  /** Each order has its message, and each message of an order has its order. */
  @Override
  void assertSound() throws Exception {
    String sql =
        "SELECT count(*) FROM orders FULL JOIN"
            + " (SELECT key FROM fairlead_outbox_message WHERE key LIKE 'order-%') AS told"
            + " USING (key) WHERE orders.key IS NULL OR told.key IS NULL";
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      assertThat(row.getLong(1)).isZero();
    }
  }

  @Test
  void killedServerLosesNothingAndDoublesNothing() throws Exception {
    for (int kill = 0; kill < SERVER_KILLS; kill++) {
      processes.awaitLinesOfAll(1 + random.nextInt(MAX_LINES));
      server.kill();
      server.restart();
    }
    processes.awaitLinesOfAll(MAX_LINES);
    int hurt = 2 * SERVER_KILLS + 2;
    processes.close();
    assertEachAcceptedMessageTookEffectOnce(hurt);
    assertThat(processes.keys("failed")).isNotEmpty();
  }
}
