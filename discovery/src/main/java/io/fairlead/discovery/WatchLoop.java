package io.fairlead.discovery;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One watch over HTTP. Its thread connects, reads events, and connects again from the version that
 * the listener has seen. A stream that stays silent past the idle bound is closed from outside by
 * {@link #closeIfSilent}.
 */
final class WatchLoop implements CatalogWatch {
  private static final Logger LOG = System.getLogger(WatchLoop.class.getName());

  private final RegistryApi api;
  private final RegistryClientSettings settings;
  private final CatalogListener listener;
  private final Runnable onEnd;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private WatchRequest position;
  private volatile @Nullable InputStream stream;
  private volatile long lastHeardNanos = System.nanoTime();

  /** Whether the stream in hand has spoken; only the watch's own thread reads and writes it. */
  private boolean heard;

  WatchLoop(
      RegistryApi api,
      RegistryClientSettings settings,
      WatchRequest from,
      CatalogListener listener,
      Runnable onEnd) {
    this.api = api;
    this.settings = settings;
    this.position = from;
    this.listener = listener;
    this.onEnd = onEnd;
    this.thread = Thread.ofVirtual().name("fairlead-watch").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  @Override
  public void close() {
    closed.countDown();
    closeStream();
  }

  void closeIfSilent() {
    if (System.nanoTime() - lastHeardNanos > settings.idleTimeout().toNanos()) {
      closeStream();
    }
  }

  private void run() {
    try {
      int failures = 0;
      while (!isClosed()) {
        heard = false;
        String reason = readUntilBroken();
        if (!isClosed()) {
          if (heard || failures == 0) {
            failures = 0;
            listener.onState(new SourceState.Away(reason));
          }
          failures++;
          pause(settings.backoff().delay(failures, ThreadLocalRandom.current().nextDouble()));
        }
      }
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "the listener of a watch failed, its watch ends", e);
    } finally {
      closed.countDown();
      onEnd.run();
    }
  }

  /** Returns why the stream ended. */
  private String readUntilBroken() {
    try (InputStream open = api.watch(position)) {
      lastHeardNanos = System.nanoTime();
      stream = open;
      if (isClosed()) {
        return "closed";
      }
      var events = new EventReader(open, settings.maxResponseBytes());
      for (var event = events.next(); event.isPresent() && !isClosed(); event = events.next()) {
        lastHeardNanos = System.nanoTime();
        deliver(event.get());
        lastHeardNanos = System.nanoTime();
      }
      return "the registry ended the watch";
    } catch (IOException e) {
      return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
      return "interrupted";
    } finally {
      stream = null;
    }
  }

  private void deliver(EventReader.Event event) throws IOException {
    if (!heard) {
      heard = true;
      listener.onState(new SourceState.Live());
    }
    var next = resumeAfter(event.id());
    if (event.data().length > 0) {
      listener.onEvent(CatalogJson.readEvent(event.name(), event.data()));
    }
    position = next;
  }

  /** The id of an event is the catalog's id, a slash and the version. */
  private WatchRequest resumeAfter(String id) throws IOException {
    int slash = id.lastIndexOf('/');
    try {
      long version = Long.parseLong(id.substring(slash + 1));
      return new WatchRequest(position.service(), id.substring(0, Math.max(slash, 0)), version);
    } catch (IllegalArgumentException e) {
      throw new IOException("event id must be CATALOG/VERSION, was '" + id + "'", e);
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void pause(Duration delay) {
    try {
      if (closed.await(delay.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.log(Level.DEBUG, "watch closed while it waited to reconnect");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
  }

  private void closeStream() {
    InputStream open = stream;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "closing a watch's stream failed", e);
      }
    }
  }
}
