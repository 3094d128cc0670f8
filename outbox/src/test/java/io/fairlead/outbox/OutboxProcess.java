package io.fairlead.outbox;

import io.fairlead.resilience.RetrySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A process that enqueues and handles until it is killed. Arguments: folder, prefix of its keys.
 */
final class OutboxProcess {
  static final WorkerSettings WORKER =
      WorkerSettings.defaults()
          .withConcurrency(2)
          .withLease(Duration.ofSeconds(3))
          .withPollInterval(Duration.ofMillis(20))
          .withRetry(
              RetrySettings.defaults().withMaxRetries(100).withInitialDelay(Duration.ofMillis(5)));

  private OutboxProcess() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    try (var journal = new Journal(folder);
        Outbox outbox = Outbox.open(folder.resolve("outbox.db"), OutboxSettings.defaults())) {
      outbox.worker("pay", WORKER, journal).start();
      for (int i = 0; i < 1_000_000; i++) {
        enqueue(outbox, journal, args[1] + "-" + i);
        if (i % 5 == 4) {
          enqueue(outbox, journal, args[1] + "-" + i / 2);
        }
      }
    }
  }

  private static void enqueue(Outbox outbox, Journal journal, String key) {
    String word =
        switch (outbox.enqueue("pay", key, new byte[100])) {
          case Enqueued.Accepted accepted -> "accepted";
          case Enqueued.Duplicate duplicate -> "duplicate";
          case Enqueued.Full full -> "full";
        };
    journal.line(word, key);
  }
}
