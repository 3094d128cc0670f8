package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreTest {
  private static final OutboxSettings SETTINGS = OutboxSettings.defaults();

  @TempDir Path folder;
  private Path file;
  private Outbox outbox;

  @BeforeEach
  void open() {
    file = folder.resolve("state").resolve("outbox.db");
    outbox = Outbox.open(file, SETTINGS);
  }

  @AfterEach
  void close() {
    outbox.close();
  }

  @Test
  void onlyTheOwnerMayReadTheFiles() throws Exception {
    outbox.enqueue("pay", "order-1", new byte[10]);
    try (var files = Files.list(file.getParent())) {
      assertThat(files.toList())
          .hasSizeGreaterThan(1)
          .allSatisfy(
              one ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
                      .isEqualTo("rw-------"));
    }
  }

  @Test
  void fileOfALaterVersionIsRefusedAndLeftAlone() throws Exception {
    outbox.close();
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = 2");
    }
    assertThatThrownBy(() -> Outbox.open(file, SETTINGS))
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("its format is version 2, this program knows up to 1");
  }

  @Test
  void fileThatIsNoDatabaseIsRefused() throws Exception {
    Path text = folder.resolve("notes.txt");
    Files.writeString(text, "not a database, but long enough to be looked at as one".repeat(20));
    assertThatThrownBy(() -> Outbox.open(text, SETTINGS))
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining(text.toString());
  }

  @Test
  void fileHasNoTransactionsOfTheApplication() throws Exception {
    try (Connection own = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("own.db"))) {
      assertThatThrownBy(() -> outbox.enqueue(own, "pay", "order-1", new byte[1]))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("no database of the application");
    }
  }

  @Test
  void fullDiskRefusesClearlyKeepsWhatIsStoredAndWorksAgainWithRoom() throws Exception {
    limitPages(60);
    List<String> stored = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                outbox.enqueue("pay", "order-" + i, new byte[3_000]);
                stored.add("order-" + i);
              }
            })
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining("SQLITE_FULL");
    assertThat(stored).isNotEmpty();
    assertThat(outbox.depth()).isEqualTo(stored.size());
    String refused = "order-" + stored.size();
    // What is stored is still handled, and makes room.
    List<String> handled = new ArrayList<>();
    Worker worker =
        outbox.worker(
            "pay",
            WorkerSettings.defaults(),
            message -> {
              handled.add(message.key());
              return Handled.done();
            });
    assertThat(worker.handleOne()).isTrue();
    limitPages(10_000);
    assertThat(outbox.enqueue("pay", refused, new byte[3_000]))
        .isInstanceOf(Enqueued.Accepted.class);
    boolean more = true;
    while (more) {
      more = worker.handleOne();
    }
    stored.add(refused);
    assertThat(handled).containsExactlyElementsOf(stored);
    assertThat(outbox.depth()).isZero();
  }

  /** As a disk would, but for this connection alone. */
  private void limitPages(int most) {
    long limit =
        outbox.store().read(session -> session.number(0, "PRAGMA max_page_count = " + most));
    assertThat(limit).isEqualTo(most);
  }
}
