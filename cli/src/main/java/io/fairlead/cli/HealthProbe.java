package io.fairlead.cli;

import io.fairlead.cli.SidecarSettings.Health;
import io.fairlead.discovery.PlainHttp;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Asks the application whether it is ready, and tells when the answer changes. One thread of its
 * own.
 */
final class HealthProbe implements AutoCloseable {
  /** Before it was ready for the first time it is asked more often, so that a start is quick. */
  private static final Duration STARTING_PERIOD = Duration.ofMillis(100);

  private final Health health;
  private final HttpRequest request;
  private final Consumer<Readiness> listener;
  private final HttpClient http;
  private final Thread thread;

  /** What the probe found. */
  enum Readiness {
    READY,
    NOT_READY
  }

  HealthProbe(Health health, int port, Consumer<Readiness> listener) {
    this.health = health;
    this.listener = listener;
    var address = URI.create("http://127.0.0.1:" + port + health.path());
    this.http =
        PlainHttp.client(List.of(address))
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(health.period())
            .build();
    this.request = HttpRequest.newBuilder(address).timeout(health.period().multipliedBy(2)).build();
    this.thread = Thread.ofVirtual().name("health-probe").unstarted(this::run);
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

  private boolean isReady() throws InterruptedException {
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      return status >= 200 && status < 400;
    } catch (IOException notListening) {
      return false;
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    http.shutdownNow();
  }
}
