package io.fairlead.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.registry.CatalogStore.StoreWrite;
import io.fairlead.registry.CatalogStore.StoredEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteCatalogStoreTest extends CatalogStoreContract {
  @TempDir private Path folder;
  private int files;
  private Path file = Path.of("");

  @Override
  CatalogStore openNew() throws StoreException {
    file = folder.resolve("catalog-" + files++ + ".db");
    return SqliteCatalogStore.open(SqliteSettings.of(file));
  }

  @Override
  CatalogStore reopen(CatalogStore store) throws StoreException {
    store.close();
    return SqliteCatalogStore.open(SqliteSettings.of(file));
  }

  @Test
  void theLogIsForcedToDiskAtEachCommit() throws Exception {
    var other = folder.resolve("other.db");
    SqliteCatalogStore.open(SqliteSettings.of(other)).close();

    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + other);
        var mode = connection.createStatement().executeQuery("PRAGMA journal_mode")) {
      assertThat(mode.getString(1)).isEqualTo("wal");
    }
  }

  @Test
  void aFullStoreRefusesTheBatchWholeAndServesOn() throws Exception {
    var full = folder.resolve("full.db");
    try (var store = SqliteCatalogStore.open(new SqliteSettings(full, 64 << 10))) {
      store.write(List.of(new StoreWrite.Put(1, request("kept", 1))));

      var refused = catchThrowableOfType(StoreException.class, () -> store.write(huge(2)));

      assertThat(refused)
          .hasMessage("cannot write " + full + ": the disk is full or maxBytes (65536) is reached");
      assertThat(store.load().version()).isEqualTo(1);
      assertThat(store.load().entries()).containsExactly(new StoredEntry(1, request("kept", 1)));

      store.write(List.of(new StoreWrite.Put(2, request("next", 2))));
      assertThat(store.load().version()).isEqualTo(2);
      assertThat(store.load().entries()).hasSize(2);
    }
  }

  @Test
  void aSecondOpenerIsRefused() {
    assertThatThrownBy(() -> SqliteCatalogStore.open(SqliteSettings.of(file)))
        .isInstanceOf(StoreException.class)
        .hasMessage("cannot open " + file + ": another process has it open");
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedAndKept() throws Exception {
    var text = folder.resolve("notes.txt");
    Files.writeString(text, "these are not the bytes of a database ".repeat(100));

    assertThatThrownBy(() -> SqliteCatalogStore.open(SqliteSettings.of(text)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("the file is damaged");
    assertThat(text).content().startsWith("these are not");
  }

  @Test
  void theSchemaOfALaterReleaseIsRefused() throws Exception {
    var later = folder.resolve("later.db");
    SqliteCatalogStore.open(SqliteSettings.of(later)).close();
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + later);
        var statement = connection.createStatement()) {
      statement.execute("UPDATE meta SET value = 2 WHERE key = 'schema'");
    }

    assertThatThrownBy(() -> SqliteCatalogStore.open(SqliteSettings.of(later)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("schema: must be 1, was 2");
  }

  private static List<StoreWrite> huge(long version) {
    var batch = new ArrayList<StoreWrite>();
    var metadata = Map.of("filling", "x".repeat(1000));
    for (int i = 0; i < 200; i++) {
      var request = request("huge" + i, 1);
      var instance = request.instance().withMetadata(metadata);
      batch.add(
          new StoreWrite.Put(version + i, new RegistrationRequest(instance, request.lease())));
    }
    return batch;
  }
}
