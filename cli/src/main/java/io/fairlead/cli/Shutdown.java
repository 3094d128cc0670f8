package io.fairlead.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns SIGINT and SIGTERM into an orderly end: the process lives until {@link #done} is called,
 * within a bound. Safe for use by many threads.
 */
final class Shutdown {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final CompletableFuture<Integer> signalled = new CompletableFuture<>();
  private final CountDownLatch finished = new CountDownLatch(1);

  private Shutdown() {}

  static Shutdown install() {
    var shutdown = new Shutdown();
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(shutdown::hook));
    return shutdown;
  }

  private void hook() {
    signalled.complete(0);
    try {
      if (!finished.await(LONGEST.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.error("not stopped after {}, the process ends now", LONGEST);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for a signal, which gives 0, or for the other's result. */
  int awaitSignalOr(CompletableFuture<Integer> other) throws InterruptedException {
    try {
      return (Integer) CompletableFuture.anyOf(signalled, other).get();
    } catch (ExecutionException failed) {
      throw new CommandException("failed: " + failed.getCause(), failed);
    }
  }

  void awaitSignal() throws InterruptedException {
    awaitSignalOr(new CompletableFuture<>());
  }

  /** Everything is closed; the process may end. */
  void done() {
    finished.countDown();
  }
}
