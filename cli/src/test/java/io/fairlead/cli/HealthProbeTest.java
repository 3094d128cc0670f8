package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.cli.HealthProbe.Readiness;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthProbeTest {
  private static final Duration PERIOD = Duration.ofMillis(20);

  private final BlockingQueue<Readiness> heard = new LinkedBlockingQueue<>();
  private final CountDownLatch many = new CountDownLatch(20);
  private volatile int status = 200;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/ready",
        exchange -> {
          byte[] body = "as it is".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
          exchange.getResponseHeaders().set("location", "/elsewhere");
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
          many.countDown();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private HealthProbe probe(int port) {
    var health = new SidecarSettings.Health("/ready", PERIOD, 3);
    var probe = new HealthProbe(health, port, heard::add);
    probe.start();
    return probe;
  }

  private Readiness next() throws InterruptedException {
    return heard.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void itTellsEachChangeOnce() throws Exception {
    try (var _ = probe(server.getAddress().getPort())) {
      assertThat(next()).isEqualTo(Readiness.READY);
      assertThat(many.await(20, TimeUnit.SECONDS)).isTrue();
      status = 503;
      assertThat(next()).isEqualTo(Readiness.NOT_READY);
      status = 302;
      assertThat(next())
          .as("a redirect is an answer, and is not followed")
          .isEqualTo(Readiness.READY);
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void whoNeverAnswersIsAskedAgain() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var _ = probe(silent.getLocalPort());
        var first = silent.accept();
        var second = silent.accept()) {
      assertThat(first.getInputStream().readAllBytes()).startsWith((byte) 'G');
      assertThat(second.getPort()).isNotEqualTo(first.getPort());
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void whatIsNoAnswerOfHttpIsNotReady() throws Exception {
    try (var other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var _ = probe(other.getLocalPort())) {
      for (var text : new String[] {"SSH-2.0-x\r\n", "HTTP/1.1 2", "HTTP/2.0 200 x\r\n\r\n"}) {
        try (var asked = other.accept()) {
          asked.getOutputStream().write(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
      }
      assertThat(heard).isEmpty();
      try (var asked = other.accept()) {
        asked
            .getOutputStream()
            .write("HTTP/1.0 204 x\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      }
      assertThat(next()).isEqualTo(Readiness.READY);
    }
  }
}
