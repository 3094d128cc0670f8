package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.trace.ExportSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Listener.Role;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The export of spans when their receiver is not well; requests must not feel it. */
@ExtendWith(LeakCheck.class)
class SpanExportIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final int QUEUED = 20;

  private @Nullable Front front;

  @AfterEach
  void stop() {
    if (front != null) {
      front.close();
    }
  }

  private Front front(URI receiver) {
    Front made =
        new Front(
            DataPlaneSettings.of("shop-1", "shop")
                .withEventLoops(1)
                .withExport(
                    new ExportSettings(
                        Optional.of(receiver),
                        QUEUED,
                        8,
                        Duration.ofMillis(20),
                        Duration.ofMillis(300),
                        Duration.ofMillis(200))));
    front = made;
    return made;
  }

  private static void request(Front front, RawUpstream upstream, int times) throws IOException {
    front.apply(
        Model.recorded(Model.plain(ResilienceSettings.none(), upstream.address()), Role.OUTBOUND));
    try (var client = front.client()) {
      for (int i = 0; i < times; i++) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
    }
  }

  private static long metric(Front front, String name) throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      return admin
          .send("GET /stats/prometheus HTTP/1.1\r\nHost: admin\r\n\r\n")
          .readMessage()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
          .sum();
    }
  }

  private static long exported(Front front) throws IOException {
    return metric(front, "fairlead_spans_exported_total");
  }

  private static long dropped(Front front) throws IOException {
    return metric(front, "fairlead_spans_dropped_total");
  }

  @Test
  void deadReceiverCostsSpansAndNothingElse() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Front plane = front(URI.create("http://127.0.0.1:" + port));
    try (var upstream = RawUpstream.ok("hello")) {
      request(plane, upstream, 100);
      long kept = 200 - dropped(plane);
      // What waits in the queue, and a batch that is being sent.
      assertThat(kept).isBetween((long) QUEUED, QUEUED + 8L);
      try (var receiver = new OtlpReceiver(port)) {
        receiver.await((int) kept);
        Awaitility.await().until(() -> exported(plane) == kept);
        request(plane, upstream, 1);
        receiver.await((int) kept + 2);
        plane.close();
      }
    }
  }

  @Test
  void slowReceiverCostsSpansAndNothingElse() throws IOException {
    CountDownLatch released = new CountDownLatch(1);
    try (var receiver = new OtlpReceiver();
        var upstream = RawUpstream.ok("hello")) {
      receiver.status(
          () -> {
            Waiting.awaitLatch(released);
            return 200;
          });
      Front plane = front(receiver.uri());
      request(plane, upstream, 100);
      assertThat(dropped(plane)).isPositive();
      // An export that takes too long is given up and made again.
      Awaitility.await().until(() -> receiver.asked() > 1);
      receiver.status(() -> 200);
      Awaitility.await().until(() -> exported(plane) + dropped(plane) == 200);
      released.countDown();
      plane.close();
    }
  }

  @Test
  void receiverThatAsksToWaitGetsTheSameSpansAgain() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    try (var receiver = new OtlpReceiver();
        var upstream = RawUpstream.ok("hello")) {
      receiver.status(() -> asked.incrementAndGet() <= 2 ? 503 : 200);
      Front plane = front(receiver.uri());
      request(plane, upstream, 3);
      assertThat(receiver.await(6)).hasSize(6);
      Awaitility.await().until(() -> exported(plane) == 6);
      assertThat(dropped(plane)).isZero();
      plane.close();
    }
  }

  @Test
  void spansThatTheReceiverRefusesAreDropped() throws IOException {
    try (var receiver = new OtlpReceiver();
        var upstream = RawUpstream.ok("hello")) {
      receiver.status(() -> 400);
      Front plane = front(receiver.uri());
      request(plane, upstream, 3);
      Awaitility.await().until(() -> dropped(plane) == 6);
      receiver.status(() -> 200);
      request(plane, upstream, 1);
      assertThat(receiver.await(2)).hasSize(2);
      plane.close();
    }
  }
}
