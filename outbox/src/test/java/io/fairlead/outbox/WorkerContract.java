package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.resilience.RetrySettings;
import io.fairlead.testkit.ManualClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every worker does, wherever its outbox lies. */
abstract class WorkerContract {
  private static final WorkerSettings SETTINGS =
      WorkerSettings.defaults()
          .withRetry(
              RetrySettings.defaults()
                  .withMaxRetries(3)
                  .withJitter(0)
                  .withInitialDelay(Duration.ofSeconds(1)));
  private static final Duration BOUND = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final ManualClock clock = new ManualClock(Instant.parse("2026-11-01T00:00:00Z"));
  private Place place;
  private Outbox outbox;

  /** A new one, in this folder if it needs one. */
  abstract Place place(Path folder) throws Exception;

  @BeforeEach
  void open() throws Exception {
    place = place(folder);
    outbox = place.open(OutboxSettings.defaults(), clock);
  }

  @AfterEach
  void close() {
    outbox.close();
  }

  @Test
  void failedMessageIsTriedAgainAfterGrowingWaitsAndThenDead() throws Exception {
    enqueue("order-1");
    List<Integer> attempts = new ArrayList<>();
    Worker worker =
        outbox.worker(
            "pay",
            SETTINGS,
            message -> {
              attempts.add(message.attempt());
              return Handled.failed("bank is down");
            });
    assertThat(worker.handleOne()).isTrue();
    for (int seconds : new int[] {1, 2, 4}) {
      clock.advance(Duration.ofSeconds(seconds).minusMillis(1));
      assertThat(worker.handleOne()).isFalse();
      clock.advance(Duration.ofMillis(1));
      assertThat(worker.handleOne()).isTrue();
    }
    assertThat(attempts).containsExactly(1, 2, 3, 4);
    assertThat(outbox.depth()).isZero();
    assertThat(outbox.deadLetters(0, 10))
        .containsExactly(
            new DeadLetter(
                1,
                "pay",
                "order-1",
                4,
                clock.instant().minusSeconds(7),
                clock.instant(),
                "bank is down"));
    assertThat(worker.snapshot()).isEqualTo(new WorkerSnapshot(0, 3, 1, 0, 0, 0));
  }

  @Test
  void requeuedMessageHasAllItsAttemptsAgain() throws Exception {
    enqueue("order-1");
    outbox.worker("pay", SETTINGS, message -> Handled.rejected("no such account")).handleOne();
    assertThat(outbox.deadLetterCount()).isEqualTo(1);
    assertThat(outbox.requeue(1)).isTrue();
    assertThat(outbox.requeue(1)).isFalse();
    assertThat(outbox.deadLetterCount()).isZero();
    Queue<Message> handled = new ConcurrentLinkedQueue<>();
    assertThat(collector(handled).handleOne()).isTrue();
    assertThat(handled).extracting(Message::attempt).containsExactly(1);
    assertThat(handled).extracting(Message::text).containsExactly("content of order-1");
  }

  @Test
  void discardedMessageIsForgotten() throws Exception {
    enqueue("order-1");
    assertThat(outbox.discard(1)).isFalse();
    outbox.worker("pay", SETTINGS, message -> Handled.rejected("no such account")).handleOne();
    assertThat(outbox.discard(1)).isTrue();
    assertThat(outbox.deadLetters(0, 10)).isEmpty();
    assertThat(outbox.enqueue("pay", "order-1", new byte[0])).isInstanceOf(Enqueued.Accepted.class);
  }

  @Test
  void deadLettersComeInPages() throws Exception {
    for (int i = 0; i < 5; i++) {
      enqueue("order-" + i);
    }
    Worker worker = outbox.worker("pay", SETTINGS, message -> Handled.rejected("no"));
    for (int i = 0; i < 5; i++) {
      worker.handleOne();
    }
    assertThat(outbox.deadLetters(0, 3)).extracting(DeadLetter::id).containsExactly(1L, 2L, 3L);
    assertThat(outbox.deadLetters(3, 3)).extracting(DeadLetter::id).containsExactly(4L, 5L);
  }

  @Test
  void postponedMessageIsDueLaterAndLosesNoAttempt() throws Exception {
    enqueue("order-1");
    Worker worker =
        outbox.worker("pay", SETTINGS, message -> Handled.postponed(Duration.ofSeconds(10)));
    for (int i = 0; i < 10; i++) {
      assertThat(worker.handleOne()).isTrue();
      assertThat(worker.handleOne()).isFalse();
      clock.advance(Duration.ofSeconds(10));
    }
    Queue<Message> handled = new ConcurrentLinkedQueue<>();
    collector(handled).handleOne();
    assertThat(handled).extracting(Message::attempt).containsExactly(1);
  }

  @Test
  void whateverAHandlerThrowsIsAFailedAttempt() throws Exception {
    enqueue("order-1");
    Worker worker =
        outbox.worker(
            "pay",
            SETTINGS.withRetry(SETTINGS.retry().withMaxRetries(0)),
            message -> {
              throw new StackOverflowError("deep");
            });
    assertThat(worker.handleOne()).isTrue();
    assertThat(outbox.deadLetters(0, 1))
        .extracting(DeadLetter::reason)
        .containsExactly("java.lang.StackOverflowError: deep");
  }

  @Test
  void interruptedHandlingIsNoAttempt() throws Exception {
    enqueue("order-1");
    Worker worker =
        outbox.worker(
            "pay",
            SETTINGS,
            message -> {
              throw new InterruptedException();
            });
    assertThatThrownBy(worker::handleOne).isInstanceOf(InterruptedException.class);
    clock.advance(SETTINGS.pollInterval());
    Queue<Message> handled = new ConcurrentLinkedQueue<>();
    collector(handled).handleOne();
    assertThat(handled).extracting(Message::attempt).containsExactly(1);
  }

  @Test
  void takenMessageBelongsToItsWorkerUntilTheLeaseEnds() throws Exception {
    enqueue("order-1");
    Queue<Message> second = new ConcurrentLinkedQueue<>();
    List<Boolean> takenByOther = new ArrayList<>();
    Worker first =
        outbox.worker(
            "pay",
            SETTINGS,
            message -> {
              clock.advance(SETTINGS.lease().minusMillis(1));
              takenByOther.add(collector(second).handleOne());
              clock.advance(Duration.ofMillis(1));
              takenByOther.add(collector(second).handleOne());
              return Handled.failed("too late to matter");
            });
    assertThat(first.handleOne()).isTrue();
    assertThat(takenByOther).containsExactly(false, true);
    assertThat(second).extracting(Message::attempt).containsExactly(2);
    assertThat(first.snapshot()).isEqualTo(new WorkerSnapshot(0, 0, 0, 0, 1, 0));
    assertThat(outbox.depth()).isZero();
    assertThat(outbox.enqueue("pay", "order-1", new byte[0]))
        .isEqualTo(new Enqueued.Duplicate(1, MessageState.DONE));
  }

  @Test
  void clockThatStepsBackDelaysWhatIsDueAndLosesNothing() throws Exception {
    var time = new AtomicReference<>(clock.instant());
    Queue<Message> handled = new ConcurrentLinkedQueue<>();
    try (Outbox stepped = place.open(OutboxSettings.defaults(), time::get)) {
      Worker worker = stepped.worker("pay", SETTINGS, done(handled));
      stepped.enqueue("pay", "order-1", new byte[0]);
      time.set(clock.instant().minus(Duration.ofHours(1)));
      assertThat(worker.handleOne()).isFalse();
      assertThat(stepped.oldestAge()).contains(Duration.ZERO);
      stepped.enqueue("pay", "order-2", new byte[0]);
      assertThat(worker.handleOne()).isTrue();
      time.set(clock.instant());
      assertThat(worker.handleOne()).isTrue();
      assertThat(stepped.enqueue("pay", "order-1", new byte[0]))
          .isInstanceOf(Enqueued.Duplicate.class);
    }
    assertThat(handled).extracting(Message::key).containsExactly("order-2", "order-1");
  }

  @Test
  void outcomeAfterTheLeaseCountsIfNobodyElseTookTheMessage() throws Exception {
    enqueue("order-1");
    Worker slow =
        outbox.worker(
            "pay",
            SETTINGS,
            message -> {
              clock.advance(SETTINGS.lease().multipliedBy(2));
              return Handled.done();
            });
    assertThat(slow.handleOne()).isTrue();
    assertThat(slow.snapshot().done()).isEqualTo(1);
    assertThat(outbox.depth()).isZero();
  }

  @Test
  void messageWhoseAttemptsNeverEndIsDeadInsteadOfEndingProcessesForEver() throws Exception {
    enqueue("order-1");
    for (int i = 0; i < 4; i++) {
      var lease = new Lease(i + 1, 1_000);
      assertThat(taken(lease)).isPresent();
      clock.advance(Duration.ofSeconds(1));
    }
    assertThat(collector(new ConcurrentLinkedQueue<>()).handleOne()).isFalse();
    assertThat(outbox.deadLetters(0, 1))
        .extracting(DeadLetter::reason)
        .containsExactly("no attempt came to an end");
  }

  @Test
  void startedWorkerHandlesWhatIsEnqueuedAsManyAtATimeAsItMay() throws Exception {
    outbox.close();
    outbox = place.open(OutboxSettings.defaults());
    var together = new CountDownLatch(3);
    Worker worker =
        outbox
            .worker(
                "pay",
                SETTINGS.withConcurrency(3),
                message -> {
                  together.countDown();
                  return together.await(30, TimeUnit.SECONDS)
                      ? Handled.done()
                      : Handled.failed("was alone");
                })
            .start();
    for (int i = 0; i < 3; i++) {
      enqueue("order-" + i);
    }
    Awaitility.await().atMost(BOUND).until(() -> worker.snapshot().done() == 3);
    assertThat(outbox.depth()).isZero();
  }

  @Test
  void workerNoticesMessagesOfAnotherConnection() {
    Queue<Message> handled = new ConcurrentLinkedQueue<>();
    try (Outbox here = place.open(OutboxSettings.defaults());
        Outbox there = place.open(OutboxSettings.defaults())) {
      here.worker("pay", SETTINGS.withPollInterval(Duration.ofMillis(20)), done(handled)).start();
      there.enqueue("pay", "order-1", new byte[0]);
      Awaitility.await().atMost(BOUND).until(() -> there.depth() == 0);
    }
    assertThat(handled).hasSize(1);
  }

  @Test
  void workersOfSeveralConnectionsHandleEachMessageOnce() {
    Queue<Message> handled = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 300; i++) {
      enqueue("order-" + i);
    }
    WorkerSettings two = SETTINGS.withConcurrency(2);
    try (Outbox one = place.open(OutboxSettings.defaults(), clock);
        Outbox other = place.open(OutboxSettings.defaults(), clock)) {
      Worker first = one.worker("pay", two, done(handled)).start();
      Worker second = other.worker("pay", two, done(handled)).start();
      Awaitility.await().atMost(BOUND).until(() -> outbox.depth() == 0);
      Awaitility.await()
          .atMost(BOUND)
          .until(() -> first.snapshot().done() + second.snapshot().done() == 300);
    }
    assertThat(handled).extracting(Message::key).doesNotHaveDuplicates().hasSize(300);
  }

  @Test
  void closingWaitsForWhatIsBeingHandled() throws Exception {
    Outbox real = place.open(OutboxSettings.defaults());
    var started = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var ended = new AtomicInteger();
    Worker worker =
        real.worker(
                "pay",
                SETTINGS,
                message -> {
                  started.countDown();
                  goOn.await();
                  ended.incrementAndGet();
                  return Handled.done();
                })
            .start();
    real.enqueue("pay", "order-1", new byte[0]);
    assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
    var closing = new Thread(real::close);
    closing.start();
    Awaitility.await().atMost(BOUND).until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    goOn.countDown();
    assertThat(closing.join(BOUND)).isTrue();
    assertThat(ended).hasValue(1);
    assertThat(worker.snapshot().done()).isEqualTo(1);
  }

  @Test
  void closingInterruptsAHandlerThatTakesLongerThanItsLease() throws Exception {
    Outbox real = place.open(OutboxSettings.defaults());
    var started = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    real.worker(
            "pay",
            SETTINGS.withLease(Duration.ofMillis(50)),
            message -> {
              started.countDown();
              try {
                never.await();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
              return Handled.done();
            })
        .start();
    real.enqueue("pay", "order-1", new byte[0]);
    assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
    real.close();
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void startedWorkerOutlivesInterruptsOfItsHandlers() {
    Outbox real = place.open(OutboxSettings.defaults());
    var calls = new AtomicInteger();
    try (real) {
      real.worker(
              "pay",
              SETTINGS.withPollInterval(Duration.ofMillis(1)),
              message -> {
                switch (calls.incrementAndGet()) {
                  case 1 -> throw new InterruptedException();
                  case 2 -> Thread.currentThread().interrupt();
                  default -> {}
                }
                return Handled.done();
              })
          .start();
      real.enqueue("pay", "order-1", new byte[0]);
      real.enqueue("pay", "order-2", new byte[0]);
      Awaitility.await().atMost(BOUND).until(() -> real.depth() == 0);
    }
    assertThat(calls).hasValue(3);
  }

  private Optional<Message> taken(Lease lease) {
    return outbox
        .store()
        .transaction(open -> outbox.store().messages().take(open, lease, "pay", 4));
  }

  private void enqueue(String key) {
    byte[] payload = ("content of " + key).getBytes(StandardCharsets.UTF_8);
    assertThat(outbox.enqueue("pay", key, payload)).isInstanceOf(Enqueued.Accepted.class);
  }

  private Worker collector(Queue<Message> handled) {
    return outbox.worker("pay", SETTINGS, done(handled));
  }

  private static Handler done(Queue<Message> handled) {
    return message -> {
      handled.add(message);
      return Handled.done();
    };
  }
}
