package io.fairlead.proxy.jwt;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.resilience.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one issuer. Those that stand in the configuration never change. Those that are
 * fetched are fetched off the event loops, kept for five minutes, fetched early for a key that is
 * not among them, at most once a minute, and kept for as long as no better ones come. Safe for all
 * threads.
 */
final class KeySource {
  private static final Logger LOG = LoggerFactory.getLogger(KeySource.class);
  private static final int TIMEOUT_MILLIS = (int) Duration.ofSeconds(5).toMillis();
  private static final int MAX_BYTES = 1 << 20;
  private static final long FRESH_NANOS = Duration.ofMinutes(5).toNanos();
  private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

  /** After a failure, as long as there are no keys at all. */
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

  private final @Nullable URI uri;
  private final Ticker ticker;
  private final List<Waiting> waiting = new ArrayList<>();
  private volatile @Nullable KeySet keys;

  /** What the keys were read from; belongs to the one fetch that is under way. */
  private @Nullable String text;

  private volatile long dueNanos;
  private long lastFetchNanos;
  private boolean fetched;
  private boolean fetching;

  /** Somebody who is told on its loop that a fetch has ended. */
  private record Waiting(Loop loop, Runnable task) {}

  private KeySource(@Nullable URI uri, @Nullable KeySet keys, Ticker ticker) {
    this.uri = uri;
    this.keys = keys;
    this.ticker = ticker;
    dueNanos = ticker.nanos();
  }

  static KeySource inline(KeySet keys) {
    return new KeySource(null, keys, Ticker.system());
  }

  static KeySource remote(URI uri, Ticker ticker) {
    return new KeySource(uri, null, ticker);
  }

  /** The keys at hand; has them fetched if they are old. Null before the first fetch has ended. */
  @Nullable KeySet keys() {
    if (uri != null && dueNanos - ticker.nanos() <= 0) {
      fetch(null, 0);
    }
    return keys;
  }

  /**
   * Has newer keys fetched, unless that was done a short time ago.
   *
   * @param task run on the loop when the fetch has ended
   * @return whether there is a fetch to wait for
   */
  boolean awaitNewer(Loop loop, Runnable task) {
    return uri != null && fetch(new Waiting(loop, task), keys == null ? RETRY_NANOS : PAUSE_NANOS);
  }

  private synchronized boolean fetch(@Nullable Waiting who, long pauseNanos) {
    if (!fetching) {
      long now = ticker.nanos();
      if (fetched && now - lastFetchNanos < pauseNanos) {
        return false;
      }
      fetching = true;
      fetched = true;
      lastFetchNanos = now;
      Thread.ofVirtual().name("fairlead-jwks").start(this::run);
    }
    if (who != null) {
      waiting.add(who);
    }
    return true;
  }

  private void run() {
    boolean good = false;
    try {
      String loaded = load();
      // Equal keys stay the same object, by which verified tokens know theirs.
      if (!loaded.equals(text)) {
        keys = KeySet.parse(loaded);
        text = loaded;
      }
      good = true;
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("no keys from {}, those at hand stay: {}", uri, e.getMessage());
    } finally {
      end(good ? FRESH_NANOS : PAUSE_NANOS);
    }
  }

  private void end(long pauseNanos) {
    List<Waiting> told;
    synchronized (this) {
      fetching = false;
      dueNanos = ticker.nanos() + (keys == null ? RETRY_NANOS : pauseNanos);
      told = List.copyOf(waiting);
      waiting.clear();
    }
    told.forEach(who -> who.loop.execute(who.task));
  }

  private String load() throws IOException {
    URI from = uri;
    if (from == null || !(from.toURL().openConnection() instanceof HttpURLConnection connection)) {
      throw new IOException("is no HTTP URI");
    }
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    connection.setInstanceFollowRedirects(false);
    connection.setRequestProperty("accept", "application/json");
    try (InputStream in = connection.getInputStream()) {
      if (connection.getResponseCode() != 200) {
        throw new IOException("status " + connection.getResponseCode());
      }
      byte[] octets = in.readNBytes(MAX_BYTES + 1);
      if (octets.length > MAX_BYTES) {
        throw new IOException("more than " + MAX_BYTES + " octets");
      }
      return new String(octets, StandardCharsets.UTF_8);
    } finally {
      connection.disconnect();
    }
  }
}
