package io.fairlead.cli;

import io.fairlead.cli.SidecarSettings.Health;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Asks the application whether it is ready, and tells when the answer changes. One thread of its
 * own, over one kept connection.
 */
final class HealthProbe implements AutoCloseable {
  /** Before it was ready for the first time it is asked more often, so that a start is quick. */
  private static final Duration STARTING_PERIOD = Duration.ofMillis(100);

  /** Of an answer of which nothing but the status is of interest. */
  private static final long MAX_BODY = 64 << 10;

  private final Health health;
  private final URL address;
  private final Consumer<Readiness> listener;
  private final Thread thread;

  /** What the probe found. */
  enum Readiness {
    READY,
    NOT_READY
  }

  HealthProbe(Health health, int port, Consumer<Readiness> listener) {
    this.health = health;
    this.listener = listener;
    this.address = url("http://127.0.0.1:" + port + health.path());
    // Of the platform: it waits in one place for most of the time, and nothing need wake others for
    // it.
    this.thread = Thread.ofPlatform().daemon().name("health-probe").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      boolean ready = false;
      boolean wasReady = false;
      int failures = 0;
      while (true) {
        failures = isReady() ? 0 : failures + 1;
        if (Thread.interrupted()) {
          return;
        }
        if (!ready && failures == 0) {
          ready = true;
          wasReady = true;
          listener.accept(Readiness.READY);
        } else if (ready && failures >= health.failures()) {
          ready = false;
          listener.accept(Readiness.NOT_READY);
        }
        Thread.sleep(wasReady ? health.period() : STARTING_PERIOD);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isReady() {
    try {
      int status = ask();
      return status >= 200 && status < 400;
    } catch (IOException notListening) {
      return false;
    }
  }

  private int ask() throws IOException {
    var question = (HttpURLConnection) address.openConnection(Proxy.NO_PROXY);
    int period = (int) Math.min(health.period().toMillis(), Integer.MAX_VALUE / 2);
    question.setConnectTimeout(Math.max(period, 1));
    question.setReadTimeout(Math.max(2 * period, 1));
    question.setInstanceFollowRedirects(false);
    question.setUseCaches(false);
    int status = question.getResponseCode();
    // What is read to its end leaves the connection for the next question.
    try (var body = status < 400 ? question.getInputStream() : question.getErrorStream()) {
      if (body != null && body.skip(MAX_BODY) == MAX_BODY) {
        question.disconnect();
      }
    }
    return status;
  }

  private static URL url(String text) {
    try {
      return URI.create(text).toURL();
    } catch (MalformedURLException impossible) {
      throw new IllegalArgumentException(text, impossible);
    }
  }

  /** Nothing is told any more; a question under way ends by its bound. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
