package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;

class SqliteKillIT extends KillContract {
  private Path file() {
    return folder.resolve("outbox.db");
  }

  @Override
  String address() {
    return file().toString();
  }

  @Override
  Outbox open() {
    return Outbox.open(file(), OutboxSettings.defaults());
  }

  @Override
  void assertSound() throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        var statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
      assertThat(row.getString(1)).isEqualTo("ok");
    }
  }
}
