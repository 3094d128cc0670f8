package io.fairlead.cli;

import io.fairlead.cli.SidecarSettings.Health;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the application whether it is ready, and tells when the answer changes. One thread of its
 * own, and a connection for each question: a client of HTTP would cost a cold JVM milliseconds each
 * time, in which requests wait.
 */
final class HealthProbe implements AutoCloseable {
  /** Before it was ready for the first time it is asked more often, so that a start is quick. */
  private static final Duration STARTING_PERIOD = Duration.ofMillis(100);

  /** Of an answer of which nothing but the status is of interest. */
  private static final int MAX_REST = 64 << 10;

  private static final int STATUS_OCTETS = "HTTP/1.1 200".length();
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] \\d{3}");
  private static final Pattern PATH = Pattern.compile("/[!-~]*");
  private static final Logger LOG = LoggerFactory.getLogger(HealthProbe.class);

  private final Health health;
  private final InetSocketAddress address;
  private final byte[] question;
  private final Consumer<Readiness> listener;
  private final Thread thread;

  /** What the probe found. */
  enum Readiness {
    READY,
    NOT_READY
  }

  /**
   * A probe that has not started.
   *
   * @throws CommandException if the path is none
   */
  HealthProbe(Health health, int port, Consumer<Readiness> listener) {
    if (!PATH.matcher(health.path()).matches()) {
      throw new CommandException(
          "--health-path: must be a path in printable ASCII, was '" + health.path() + "'");
    }
    this.health = health;
    this.listener = listener;
    this.address = new InetSocketAddress("127.0.0.1", port);
    this.question =
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: fairlead\r\nConnection: close\r\n\r\n"
            .formatted(health.path(), port)
            .getBytes(StandardCharsets.ISO_8859_1);
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

  /** The status of one answer; what follows it is read only so that the server can send it. */
  private int ask() throws IOException {
    try (var socket = new Socket()) {
      int period = (int) Math.clamp(health.period().toMillis(), 1, Integer.MAX_VALUE / 2);
      socket.connect(address, period);
      socket.setSoTimeout(2 * period);
      socket.getOutputStream().write(question);
      var answer = socket.getInputStream();
      int status =
          status(new String(answer.readNBytes(STATUS_OCTETS), StandardCharsets.ISO_8859_1));
      awaitEnd(answer);
      return status;
    }
  }

  /** RFC 9112 section 4: version, a space, three digits. */
  private static int status(String line) throws IOException {
    if (!STATUS.matcher(line).matches()) {
      throw new IOException("no answer of HTTP/1: " + line);
    }
    return Integer.parseInt(line.substring(line.length() - 3));
  }

  private static void awaitEnd(InputStream answer) throws IOException {
    try {
      answer.readNBytes(MAX_REST);
    } catch (SocketTimeoutException keptOpen) {
      LOG.debug("the application does not close a connection that it was asked to close");
    }
  }

  /** Nothing is told any more; a question under way ends by its bound. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
