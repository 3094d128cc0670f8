package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.ManualClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every outbox does, wherever it lies. */
abstract class OutboxContract {
  static final OutboxSettings SETTINGS = OutboxSettings.defaults();
  static final byte[] PAYLOAD = "{\"amount\":12}".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;
  final ManualClock clock = new ManualClock(Instant.parse("2026-11-01T00:00:00Z"));
  private Place place;
  private Outbox outbox;

  /** A new one, in this folder if it needs one. */
  abstract Place place(Path folder) throws Exception;

  @BeforeEach
  void open() throws Exception {
    place = place(folder);
    outbox = place.open(SETTINGS, clock);
  }

  @AfterEach
  void close() {
    outbox.close();
  }

  @Test
  void enqueuedMessageIsThereAfterReopening() throws Exception {
    assertThat(outbox.enqueue("pay", "order-1", PAYLOAD)).isInstanceOf(Enqueued.Accepted.class);
    reopen(SETTINGS);
    assertThat(outbox.depth()).isEqualTo(1);
    List<Message> handled = handleAll("pay");
    assertThat(handled).hasSize(1);
    Message message = handled.getFirst();
    assertThat(message.key()).isEqualTo("order-1");
    assertThat(message.payload()).isEqualTo(PAYLOAD);
    assertThat(message.text()).isEqualTo("{\"amount\":12}");
    assertThat(message.enqueuedAt()).isEqualTo(clock.instant());
    assertThat(message).hasToString("message 1 of pay, key order-1, attempt 1");
    assertThat(outbox.depth()).isZero();
  }

  @Test
  void sameKeyAgainDoesNothingInAnyState() throws Exception {
    Enqueued first = outbox.enqueue("pay", "order-1", PAYLOAD);
    assertThat(first).isEqualTo(new Enqueued.Accepted(1));
    assertThat(outbox.enqueue("pay", "order-1", new byte[0]))
        .isEqualTo(new Enqueued.Duplicate(1, MessageState.WAITING));
    assertThat(handleAll("pay")).hasSize(1);
    assertThat(outbox.enqueue("pay", "order-1", PAYLOAD))
        .isEqualTo(new Enqueued.Duplicate(1, MessageState.DONE));
    outbox.enqueue("pay", "order-2", PAYLOAD);
    outbox.worker("pay", WorkerSettings.defaults(), m -> Handled.rejected("no")).handleOne();
    assertThat(outbox.enqueue("pay", "order-2", PAYLOAD))
        .isEqualTo(new Enqueued.Duplicate(2, MessageState.DEAD));
    assertThat(handleAll("pay")).isEmpty();
  }

  @Test
  void sameKeyOfAnotherTopicIsAnotherMessage() throws Exception {
    outbox.enqueue("pay", "order-1", PAYLOAD);
    assertThat(outbox.enqueue("ship", "order-1", PAYLOAD)).isEqualTo(new Enqueued.Accepted(2));
    assertThat(outbox.depth()).isEqualTo(2);
    assertThat(outbox.depth("ship")).isEqualTo(1);
    assertThat(handleAll("ship")).hasSize(1);
    assertThat(outbox.depth("pay")).isEqualTo(1);
    assertThat(outbox.depth("ship")).isZero();
  }

  @Test
  void fullOutboxRefusesAndStoresNothingUntilThereIsRoom() throws Exception {
    reopen(SETTINGS.withMaxMessages(2));
    outbox.enqueue("pay", "order-1", PAYLOAD);
    outbox.enqueue("ship", "order-1", PAYLOAD);
    assertThat(outbox.enqueue("pay", "order-2", PAYLOAD)).isEqualTo(new Enqueued.Full(2));
    assertThat(outbox.enqueue("pay", "order-1", PAYLOAD)).isInstanceOf(Enqueued.Duplicate.class);
    outbox.worker("pay", WorkerSettings.defaults(), m -> Handled.rejected("no")).handleOne();
    assertThat(outbox.enqueue("pay", "order-2", PAYLOAD)).isEqualTo(new Enqueued.Full(2));
    handleAll("ship");
    assertThat(outbox.enqueue("pay", "order-2", PAYLOAD)).isInstanceOf(Enqueued.Accepted.class);
  }

  private interface Later {
    void enqueue(String idempotencyKey, byte[] payload) throws Exception;
  }

  @Test
  void fallbackThatQueuesForLaterLearnsThatTheOutboxIsFull() throws Exception {
    reopen(SETTINGS.withMaxMessages(1));
    Later later = (key, bytes) -> outbox.enqueue("pay", key, bytes).orThrow();
    later.enqueue("order-1", PAYLOAD);
    later.enqueue("order-1", PAYLOAD);
    assertThatThrownBy(() -> later.enqueue("order-2", PAYLOAD))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("outbox: holds 1 messages, as many as it may");
    assertThat(outbox.depth()).isEqualTo(1);
  }

  @Test
  void depthAndAgeOfTheOldestAreTold() throws Exception {
    assertThat(outbox.oldestAge()).isEmpty();
    outbox.enqueue("pay", "order-1", PAYLOAD);
    clock.advance(Duration.ofSeconds(7));
    outbox.enqueue("pay", "order-2", PAYLOAD);
    assertThat(outbox.oldestAge()).contains(Duration.ofSeconds(7));
    assertThat(outbox).hasToString("outbox: 2 waiting, oldest for PT7S, 0 dead");
    handleAll("pay");
    assertThat(outbox.oldestAge()).isEmpty();
  }

  @Test
  void keysOfCompletedMessagesAreForgottenAfterTheirTime() throws Exception {
    outbox.enqueue("pay", "old", PAYLOAD);
    handleAll("pay");
    clock.advance(SETTINGS.keepCompleted().plusMillis(1));
    assertThat(outbox.enqueue("pay", "old", PAYLOAD)).isInstanceOf(Enqueued.Duplicate.class);
    outbox.enqueue("pay", "new", PAYLOAD);
    handleAll("pay");
    assertThat(outbox.enqueue("pay", "old", PAYLOAD)).isInstanceOf(Enqueued.Accepted.class);
    assertThat(outbox.enqueue("pay", "new", PAYLOAD)).isInstanceOf(Enqueued.Duplicate.class);
  }

  @Test
  void atMostSoManyKeysOfCompletedMessagesAreKept() throws Exception {
    reopen(SETTINGS.withMaxCompleted(3));
    for (int i = 0; i < 10; i++) {
      outbox.enqueue("pay", "order-" + i, PAYLOAD);
      handleAll("pay");
      clock.advance(Duration.ofSeconds(1));
    }
    long kept =
        outbox.store().read(open -> outbox.store().messages().tally(open, MessageState.DONE));
    assertThat(kept).isBetween(2L, 3L);
    assertThat(outbox.enqueue("pay", "order-9", PAYLOAD)).isInstanceOf(Enqueued.Duplicate.class);
  }

  @Test
  void keyThatManyThreadsEnqueueIsAcceptedOnce() throws Exception {
    List<Enqueued> results = storm(8, 50, (thread, i) -> "order-" + i);
    assertThat(results.stream().filter(Enqueued.Accepted.class::isInstance)).hasSize(50);
    assertThat(outbox.depth()).isEqualTo(50);
    assertThat(handleAll("pay")).extracting(Message::key).doesNotHaveDuplicates().hasSize(50);
  }

  @Test
  void messagesOfManyThreadsAreAllStored() throws Exception {
    List<Enqueued> results = storm(8, 50, (thread, i) -> "order-" + thread + "-" + i);
    assertThat(results).allMatch(Enqueued.Accepted.class::isInstance).hasSize(400);
    reopen(SETTINGS);
    assertThat(outbox.depth()).isEqualTo(400);
  }

  @Test
  void tooLongInputIsRefusedByName() {
    reopen(SETTINGS.withMaxPayloadBytes(10));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> outbox.enqueue("pay", "order-1", new byte[11]))
        .withMessage("payload: must be at most 10 bytes, was 11");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> outbox.enqueue("", "order-1", new byte[1]))
        .withMessage("topic: must have 1 to 255 characters, had 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> outbox.enqueue("pay", "k".repeat(256), new byte[1]))
        .withMessage("idempotencyKey: must have 1 to 255 characters, had 256");
    for (String unstorable : List.of("a\0b", "a\uD83D")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> outbox.enqueue("pay", unstorable, new byte[1]))
          .withMessage(
              "idempotencyKey: must be text without the character 0 and half surrogate pairs");
    }
    assertThat(outbox.depth()).isZero();
  }

  @Test
  void closedOutboxRefusesWork() {
    outbox.close();
    assertThatThrownBy(() -> outbox.enqueue("pay", "order-1", PAYLOAD))
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining("is closed");
    assertThatThrownBy(() -> outbox.depth())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is closed");
  }

  private interface KeyOf {
    String key(int thread, int number);
  }

  private List<Enqueued> storm(int threads, int messages, KeyOf keys) throws Exception {
    var start = new CountDownLatch(1);
    List<Enqueued> results = new ArrayList<>();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<List<Enqueued>>> futures = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        futures.add(
            pool.submit(
                () -> {
                  start.await();
                  List<Enqueued> mine = new ArrayList<>();
                  for (int i = 0; i < messages; i++) {
                    mine.add(outbox.enqueue("pay", keys.key(thread, i), PAYLOAD));
                  }
                  return mine;
                }));
      }
      start.countDown();
      for (Future<List<Enqueued>> future : futures) {
        results.addAll(future.get());
      }
    }
    return results;
  }

  private List<Message> handleAll(String topic) throws InterruptedException {
    List<Message> handled = new ArrayList<>();
    Worker worker =
        outbox.worker(
            topic,
            WorkerSettings.defaults(),
            message -> {
              handled.add(message);
              return Handled.done();
            });
    boolean more = true;
    while (more) {
      more = worker.handleOne();
    }
    worker.close();
    return handled;
  }

  private void reopen(OutboxSettings settings) {
    outbox.close();
    outbox = place.open(settings, clock);
  }
}
