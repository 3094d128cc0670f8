package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static io.fairlead.proxy.Waiting.awaitStandstill;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When connections are kept, replaced, held back, and ended. */
@ExtendWith(LeakCheck.class)
class ConnectionLifeIT {
  private static final String GET = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Front front = new Front();

  @AfterAll
  static void stop() {
    front.close();
  }

  @Test
  void upstreamConnectionIsUsedAgain() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      for (int i = 0; i < 5; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void halfClosedClientGetsItsAnswers() throws IOException {
    CountDownLatch closed = new CountDownLatch(1);
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  awaitLatch(closed);
                  connection.send(RawUpstream.okAnswer("late"));
                  connection.readHead();
                  connection.send(RawUpstream.okAnswer("later"));
                });
        var client = front.client(upstream)) {
      client.send(GET + GET).shutdownOutput();
      closed.countDown();
      assertThat(client.readToEnd()).contains("late").endsWith("later");
    }
  }

  @Test
  void earlyAnswerArrivesWhileTheBodyStillFlows() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send(
                      "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
        var client = front.client(upstream)) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
      client.send("x".repeat(10_000));
      assertThat(client.readHead()).startsWith("HTTP/1.1 413").contains("connection: close");
    }
  }

  @Test
  void restOfAShortBodyIsDroppedAndTheConnectionKept() throws IOException {
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
                });
        var client = front.client(upstream)) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
      assertThat(client.readHead()).isEqualTo("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
      upstream.script(
          connection -> {
            connection.readHead();
            connection.send(RawUpstream.okAnswer("next"));
          });
      assertThat(client.send("hello" + GET).readMessage()).endsWith("next");
    }
  }

  @Test
  void staleConnectionIsReplacedOnceForAnIdempotentRequest() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      assertThat(client.send(GET).readMessage()).endsWith("hello");
      AtomicInteger served = new AtomicInteger();
      // The old connection is closed just when the next request reaches it.
      upstream.script(
          connection -> {
            served.incrementAndGet();
            while (!connection.readMessage().isEmpty()) {
              connection.send(RawUpstream.okAnswer("fresh"));
            }
          });
      upstream.closeOnNextRequest();
      assertThat(client.send(GET).readMessage()).endsWith("fresh");
      assertThat(served).hasValue(1);
    }
  }

  @Test
  void staleConnectionIsNotReplacedForAPost() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      assertThat(client.send(GET).readMessage()).endsWith("hello");
      upstream.closeOnNextRequest();
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
      assertThat(client.readMessage())
          .startsWith("HTTP/1.1 502")
          .contains("x-fairlead-reason: upstream-reset");
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void freshConnectionThatBreaksIsNoStaleOne() throws IOException {
    try (var upstream = new RawUpstream(RawSocket::readHead);
        var client = front.client(upstream)) {
      assertThat(client.send(GET).readMessage()).contains("x-fairlead-reason: upstream-reset");
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void refusedConnectionIsSaid() throws IOException {
    int port;
    try (var unused = new ServerSocket(0)) {
      port = unused.getLocalPort();
    }
    front.sendTo(new HostPort("127.0.0.1", port));
    try (var client = front.client()) {
      assertThat(client.send(GET).readMessage())
          .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
          .contains("x-fairlead-reason: connect-failed\r\n", "retry-after: 1\r\n", "backend-0");
      assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 503");
    }
  }

  @Test
  void slowHeadIsAnsweredAndClosed() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      client.send("GET / HTTP/1.1\r\nHo");
      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 408")
          .contains("x-fairlead-reason: request-timeout");
    }
  }

  @Test
  void idleClientIsClosed() throws IOException {
    try (var upstream = RawUpstream.ok("hello");
        var client = front.client(upstream)) {
      assertThat(client.send(GET).readMessage()).endsWith("hello");
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void clientThatGoesTakesItsUpstreamRequestAlong() throws IOException {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  arrived.countDown();
                  if (connection.readHead().isEmpty()) {
                    gone.countDown();
                  }
                });
        var client = front.client(upstream)) {
      client.send(GET);
      awaitLatch(arrived);
      client.reset();
      awaitLatch(gone);
    }
  }

  @Test
  void slowReaderHoldsTheUpstreamBack() throws IOException {
    AtomicLong sent = new AtomicLong();
    int size = 64 << 20;
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
              byte[] piece = new byte[64 << 10];
              for (int i = 0; i < size / piece.length; i++) {
                connection.send(piece);
                sent.addAndGet(piece.length);
              }
              connection.readHead();
            })) {
      front.sendTo(upstream.address());
      try (var client = RawSocket.connectWithSmallBuffer(front.address())) {
        client.send(GET);
        String head = client.readHead();
        awaitStandstill(sent);
        assertThat(sent.get()).isLessThan(size / 2);
        assertThat(head).startsWith("HTTP/1.1 200");
        assertThat(client.in().readNBytes(size)).hasSize(size);
      }
    }
  }

  @Test
  void slowUpstreamHoldsTheClientBack() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicLong sent = new AtomicLong();
    int size = 64 << 20;
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  awaitLatch(go);
                  int received = connection.in().readNBytes(size).length;
                  connection.send(RawUpstream.okAnswer("" + received));
                  connection.readHead();
                });
        var client = front.client(upstream)) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + size + "\r\n\r\n");
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                byte[] piece = new byte[64 << 10];
                try {
                  for (int i = 0; i < size / piece.length; i++) {
                    client.send(piece);
                    sent.addAndGet(piece.length);
                  }
                } catch (IOException e) {
                  sent.set(-1);
                }
              });
      awaitStandstill(sent);
      assertThat(sent.get()).isLessThan(size / 2);
      go.countDown();
      assertThat(client.readMessage()).endsWith("" + size);
      sender.join();
    }
  }
}
