package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.ManualClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class PostgresStoreTest {
  private static final OutboxSettings SETTINGS =
      OutboxSettings.defaults().withBusyTimeout(Duration.ofSeconds(20));
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final byte[] PAYLOAD = new byte[10];

  private final String url;
  private final Pool pool;
  private final DataSource database;
  private final Outbox outbox;

  PostgresStoreTest() throws SQLException {
    url = PostgresServer.shared().newSchema();
    pool = new Pool(url);
    database = pool.source();
    outbox = Outbox.open(database, SETTINGS);
  }

  @AfterEach
  void close() {
    outbox.close();
  }

  @Test
  void messageIsStoredWithTheCallersTransactionOrNotAtAll() throws Exception {
    execute("CREATE TABLE orders (id text)");
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      order(connection, "order-1");
      assertThat(outbox.depth()).isZero();
      connection.rollback();
      assertThat(outbox.depth()).isZero();
      order(connection, "order-2");
      connection.commit();
      connection.setAutoCommit(true);
    }
    assertThat(outbox.depth()).isEqualTo(1);
    assertThat(number("SELECT count(*) FROM orders")).isEqualTo(1);
    assertThat(handleAll()).containsExactly("order-2");
  }

  private void order(Connection connection, String key) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO orders VALUES ('" + key + "')");
    }
    assertThat(outbox.enqueue(connection, "pay", key, PAYLOAD))
        .isInstanceOf(Enqueued.Accepted.class);
    assertThat(outbox.enqueue(connection, "pay", key, PAYLOAD))
        .isInstanceOf(Enqueued.Duplicate.class);
  }

  @Test
  void connectionThatCommitsByItselfIsRefused() throws Exception {
    try (Connection connection = database.getConnection()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> outbox.enqueue(connection, "pay", "order-1", PAYLOAD))
          .withMessage("transaction: must have auto-commit off, was on");
    }
    assertThat(outbox.depth()).isZero();
  }

  @Test
  void transactionWithAnotherSearchPathFindsTheTables() throws Exception {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      connection.setSchema("pg_catalog");
      assertThat(outbox.enqueue(connection, "pay", "order-1", PAYLOAD))
          .isInstanceOf(Enqueued.Accepted.class);
      connection.commit();
    }
    assertThat(outbox.depth()).isEqualTo(1);
  }

  @Test
  void keyInAnOpenTransactionHoldsUpItsOwnCallersOnly() throws Exception {
    var ready = new CountDownLatch(1);
    try (Connection connection = database.getConnection();
        var threads = Executors.newFixedThreadPool(8)) {
      connection.setAutoCommit(false);
      outbox.enqueue(connection, "pay", "held", PAYLOAD);
      List<Future<Enqueued>> others = new ArrayList<>();
      Future<Enqueued> same =
          threads.submit(
              () -> {
                ready.await();
                return outbox.enqueue("pay", "held", PAYLOAD);
              });
      for (int i = 0; i < 7; i++) {
        String key = "order-" + i;
        others.add(
            threads.submit(
                () -> {
                  ready.await();
                  return outbox.enqueue("pay", key, PAYLOAD);
                }));
      }
      ready.countDown();
      for (Future<Enqueued> other : others) {
        assertThat(other.get(15, TimeUnit.SECONDS)).isInstanceOf(Enqueued.Accepted.class);
      }
      assertThat(same).isNotDone();
      connection.commit();
      assertThat(same.get()).isInstanceOf(Enqueued.Duplicate.class);
    }
    assertThat(outbox.depth()).isEqualTo(8);
  }

  @Test
  void callerOfAHeldKeyIsToldAfterTheBusyTimeout() throws Exception {
    try (Outbox impatient = Outbox.open(database, SETTINGS.withBusyTimeout(Duration.ofMillis(50)));
        Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      outbox.enqueue(connection, "pay", "held", PAYLOAD);
      assertThatThrownBy(() -> impatient.enqueue("pay", "held", PAYLOAD))
          .isInstanceOf(OutboxException.class)
          .hasMessageContaining("lock timeout");
      connection.rollback();
      assertThat(impatient.enqueue("pay", "held", PAYLOAD)).isInstanceOf(Enqueued.Accepted.class);
    }
  }

  @Test
  void brokenConnectionsFailOnceAndTheWorkerGoesOn() throws Exception {
    Queue<String> handled = new ConcurrentLinkedQueue<>();
    Worker worker =
        outbox
            .worker(
                "pay",
                WorkerSettings.defaults()
                    .withPollInterval(Duration.ofMillis(10))
                    .withLease(Duration.ofMillis(300)),
                message -> {
                  handled.add(message.key());
                  return Handled.done();
                })
            .start();
    for (int i = 0; i < 5; i++) {
      breakConnections();
      enqueueUntilItWorks("order-" + i);
    }
    Awaitility.await().atMost(BOUND).until(() -> outbox.depth() == 0);
    assertThat(handled).contains("order-0", "order-4");
    assertThat(worker.snapshot().storeFailures()).isGreaterThan(0);
  }

  @Test
  void outcomeIsRecordedThoughTheConnectionBrokeMeanwhile() throws Exception {
    outbox.enqueue("pay", "order-1", PAYLOAD);
    Worker worker =
        outbox.worker(
            "pay",
            WorkerSettings.defaults().withPollInterval(Duration.ofMillis(1)),
            message -> {
              breakConnections();
              return Handled.done();
            });
    assertThat(worker.handleOne()).isTrue();
    assertThat(worker.snapshot().done()).isEqualTo(1);
    assertThat(worker.snapshot().storeFailures()).isGreaterThan(0);
    assertThat(outbox.depth()).isZero();
  }

  private void enqueueUntilItWorks(String key) {
    Awaitility.await()
        .atMost(BOUND)
        .ignoreExceptionsInstanceOf(OutboxException.class)
        .until(() -> outbox.enqueue("pay", key, PAYLOAD) != null);
  }

  private void breakConnections() throws SQLException {
    try (Connection other = new Pool(url).source().getConnection();
        Statement statement = other.createStatement()) {
      statement.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    }
  }

  @Test
  void noMoreConnectionsAreUsedThanAllowed() throws Exception {
    var counted = new Pool(url);
    try (Outbox two = Outbox.open(counted.source(), SETTINGS.withMaxConnections(2))) {
      two.worker("pay", WorkerSettings.defaults().withConcurrency(6), message -> Handled.done())
          .start();
      try (var threads = Executors.newFixedThreadPool(6)) {
        List<Future<Enqueued>> all = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
          String key = "order-" + i;
          all.add(threads.submit(() -> two.enqueue("pay", key, PAYLOAD)));
        }
        for (Future<Enqueued> one : all) {
          assertThat(one.get()).isInstanceOf(Enqueued.Accepted.class);
        }
      }
      Awaitility.await().atMost(BOUND).until(() -> two.depth() == 0);
    }
    assertThat(counted.mostLent()).isLessThanOrEqualTo(2);
  }

  @Test
  void connectionsGoBackAsTheyCame() throws Exception {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
    }
    outbox.enqueue("pay", "order-1", PAYLOAD);
    assertThat(outbox.depth()).isEqualTo(1);
    try (Connection connection = database.getConnection()) {
      assertThat(connection.getAutoCommit()).isFalse();
      assertThat(connection.getNetworkTimeout()).isZero();
    }
  }

  @Test
  void messageIsDurableWhateverTheDatabaseDefaultsTo() {
    String setting = "SELECT count(*) FROM pg_settings WHERE name = ? AND setting = ?";
    long offByDefault =
        outbox.store().read(session -> session.number(0, setting, "synchronous_commit", "off"));
    long onInside =
        outbox
            .store()
            .transaction(session -> session.number(0, setting, "synchronous_commit", "on"));
    assertThat(offByDefault).isEqualTo(1);
    assertThat(onInside).isEqualTo(1);
  }

  @Test
  void transactionsReadCommittedRowsWhateverTheDatabaseDefaultsTo() throws Exception {
    String serializable = "&options=-c%20default_transaction_isolation=serializable";
    try (Outbox strict = Outbox.open(new Pool(url + serializable).source(), SETTINGS)) {
      strict.enqueue("pay", "order-1", PAYLOAD);
      assertThat(strict.enqueue("pay", "order-1", PAYLOAD)).isInstanceOf(Enqueued.Duplicate.class);
      long readCommitted =
          strict
              .store()
              .transaction(
                  session ->
                      session.number(
                          0,
                          "SELECT count(*) FROM pg_settings WHERE name = 'transaction_isolation'"
                              + " AND setting = 'read committed'"));
      assertThat(readCommitted).isEqualTo(1);
    }
  }

  @Test
  void timeIsTheServers() {
    outbox.enqueue("pay", "order-1", PAYLOAD);
    long skew =
        outbox
            .store()
            .read(
                session ->
                    session.number(
                        -1,
                        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
                            + " - enqueued_at FROM fairlead_outbox_message"));
    assertThat(skew).isBetween(0L, BOUND.toMillis());
  }

  @Test
  void processesThatStartTogetherMakeTheTablesOnce() throws Exception {
    DataSource empty = new Pool(PostgresServer.shared().newSchema()).source();
    try (var threads = Executors.newFixedThreadPool(6)) {
      List<Future<Outbox>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        all.add(threads.submit(() -> Outbox.open(empty, SETTINGS)));
      }
      for (Future<Outbox> one : all) {
        try (Outbox open = one.get()) {
          assertThat(open.enqueue("pay", "order-1", PAYLOAD)).isNotNull();
          assertThat(open.depth()).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void processThatMayNotMakeTablesUsesThoseItFinds() throws Exception {
    String schema = url.substring(url.lastIndexOf('=') + 1);
    String role = schema + "_user";
    execute("CREATE ROLE " + role);
    execute("GRANT USAGE ON SCHEMA " + schema + " TO " + role);
    execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + role);
    try (Outbox humble =
        Outbox.open(new Pool(url + "&options=-c%20role=" + role).source(), SETTINGS)) {
      assertThat(humble.enqueue("pay", "order-1", PAYLOAD)).isInstanceOf(Enqueued.Accepted.class);
      assertThat(
              humble
                  .worker("pay", WorkerSettings.defaults(), message -> Handled.done())
                  .handleOne())
          .isTrue();
    }
  }

  @Test
  void documentedTablesAreThoseThatAreMade() throws Exception {
    String documented = Files.readString(Path.of("README.md"));
    assertThat(documented).contains(String.join(";\n", PostgresSchema.TABLES) + ";");
  }

  @Test
  void tablesOfALaterVersionAreRefusedAndLeftAlone() throws Exception {
    execute("UPDATE fairlead_outbox_version SET version = 2");
    assertThatThrownBy(() -> Outbox.open(database, SETTINGS))
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining("its format is version 2, this program knows up to 1");
  }

  @Test
  void otherDatabaseIsRefusedByName(@TempDir Path folder) {
    DataSource sqlite = new Pool("jdbc:sqlite:" + folder.resolve("other.db")).source();
    assertThatThrownBy(() -> Outbox.open(sqlite, SETTINGS))
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining("database: must be PostgreSQL, was SQLite");
  }

  @Test
  void reasonThatPostgresCannotKeepIsKeptWithoutTheCharacter() throws Exception {
    outbox.enqueue("pay", "order-1", PAYLOAD);
    outbox.worker("pay", WorkerSettings.defaults(), m -> Handled.rejected("a\0b")).handleOne();
    assertThat(outbox.deadLetters(0, 1)).extracting(DeadLetter::reason).containsExactly("a\uFFFDb");
  }

  @Test
  void fullOutboxCountsWhatOtherProcessesStore() throws Exception {
    OutboxSettings three = SETTINGS.withMaxMessages(3);
    try (Outbox one = Outbox.open(database, three);
        Outbox other = Outbox.open(database, three)) {
      one.enqueue("pay", "order-1", PAYLOAD);
      other.enqueue("pay", "order-2", PAYLOAD);
      one.enqueue("pay", "order-3", PAYLOAD);
      // Whoever believed there was room counts again once its count is a second old.
      List<Enqueued> results = new ArrayList<>();
      Awaitility.await()
          .atMost(BOUND)
          .until(
              () -> {
                results.add(other.enqueue("pay", "more-" + results.size(), PAYLOAD));
                return results.getLast() instanceof Enqueued.Full;
              });
      assertThat(results.getLast()).isEqualTo(new Enqueued.Full(3));
    }
  }

  @Test
  void takenMessageIsPassedOverByOthersAtOnce() throws Exception {
    var clock = new ManualClock(Instant.parse("2026-11-01T00:00:00Z"));
    try (Outbox still = Outbox.open(database, SETTINGS, clock)) {
      still.enqueue("pay", "order-1", PAYLOAD);
      still.enqueue("pay", "order-2", PAYLOAD);
      Messages messages = still.store().messages();
      List<String> taken =
          still
              .store()
              .transaction(
                  first -> {
                    String one = taken(messages, first);
                    return List.of(one, still.store().transaction(other -> taken(messages, other)));
                  });
      assertThat(taken).containsExactly("order-1", "order-2");
    }
  }

  private static String taken(Messages messages, Session session) throws SQLException {
    return messages.take(session, new Lease(1, 1_000), "pay", 5).orElseThrow().key();
  }

  private List<String> handleAll() throws InterruptedException {
    List<String> handled = new ArrayList<>();
    Worker worker =
        outbox.worker(
            "pay",
            WorkerSettings.defaults(),
            message -> {
              handled.add(message.key());
              return Handled.done();
            });
    boolean more = true;
    while (more) {
      more = worker.handleOne();
    }
    return handled;
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
