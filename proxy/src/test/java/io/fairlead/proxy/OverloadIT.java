package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.proxy.overload.OverloadSettings;
import io.fairlead.resilience.LoadShedderSettings;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.Snapshot;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The bounds of the process under floods, and that it serves again afterwards. */
@ExtendWith(LeakCheck.class)
class OverloadIT {
  private static final long BOUND = 16 << 20;
  private static final int FLOOD = 300;
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  private final List<RawSocket> clients = new ArrayList<>();

  private static DataPlaneSettings settings(OverloadSettings overload) {
    return DataPlaneSettings.of("test", "test").withEventLoops(2).withOverload(overload);
  }

  private static OverloadSettings small() {
    return new OverloadSettings(1_000, BOUND, new LoadShedderSettings(0.85, 0.75, 0.6), 0.95, 0.05);
  }

  @AfterEach
  void closeClients() throws IOException {
    for (RawSocket client : clients) {
      client.close();
    }
  }

  private RawSocket client(Front front) throws IOException {
    RawSocket client = RawSocket.connectWithSmallBuffer(front.address());
    clients.add(client);
    return client;
  }

  /** One reading alone may count a chunk twice that passes from one list of Netty's to another. */
  private static long pinned() {
    return PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
  }

  /** Watches the use of buffers on a thread of its own while the action goes on. */
  private static long highest(Action action) throws Exception {
    AtomicLong highest = new AtomicLong();
    AtomicBoolean over = new AtomicBoolean();
    Thread watch =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!over.get()) {
                    highest.accumulateAndGet(Math.min(pinned(), pinned()), Math::max);
                    Thread.onSpinWait();
                  }
                });
    try {
      action.run();
    } finally {
      over.set(true);
      watch.join();
    }
    return highest.get();
  }

  private interface Action {
    void run() throws Exception;
  }

  private static String metric(Front front, String name) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + front.plane().adminAddress() + "/stats/prometheus");
      String page =
          http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
              .body();
      return page.lines().filter(line -> line.startsWith(name)).findFirst().orElse("");
    }
  }

  private static String answerOf(Front front, String request) {
    try (RawSocket client = RawSocket.connect(front.address())) {
      return client.send(request).readMessage();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitOk(Front front, String request) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> answerOf(front, request).startsWith("HTTP/1.1 200"));
  }

  private void slowReader(Front front) throws IOException {
    client(front).send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  /** Goes on, since readers that were cut off may have left room for requests. */
  private void floodOfSlowReaders(Front front, AtomicLong shed) throws Exception {
    for (int i = 0; i < FLOOD; i++) {
      slowReader(front);
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              String answer = answerOf(front, "GET /small HTTP/1.1\r\nHost: h\r\n\r\n");
              if (answer.startsWith("HTTP/1.1 503")) {
                assertThat(answer).contains("retry-after: 1", "x-fairlead-reason: overload");
                shed.incrementAndGet();
              } else {
                slowReader(front);
              }
              return shed.get() > 20;
            });
  }

  private static RawUpstream largeAndSmall() throws IOException {
    byte[] piece = new byte[1 << 20];
    return new RawUpstream(
        connection -> {
          for (String head = connection.readHead(); !head.isEmpty(); head = connection.readHead()) {
            if (head.startsWith("GET /large")) {
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + (64 << 20) + "\r\n\r\n");
              for (int i = 0; i < 64; i++) {
                connection.send(piece);
              }
            } else {
              connection.send(RawUpstream.okAnswer("small"));
            }
          }
        });
  }

  @Test
  void slowReadersOfLargeAnswersNeverExceedTheBudget() throws Exception {
    try (var upstream = largeAndSmall();
        var front = new Front(settings(small()))) {
      front.sendTo(upstream.address());
      AtomicLong shed = new AtomicLong();
      long highest = highest(() -> floodOfSlowReaders(front, shed));
      assertThat(highest).isGreaterThan(BOUND / 100 * 85).isLessThanOrEqualTo(BOUND);
      assertThat(metric(front, "fairlead_overload_requests_shed_total{priority=\"critical\"}"))
          .doesNotEndWith(" 0");
      closeClients();
      awaitOk(front, "GET /small HTTP/1.1\r\nHost: h\r\n\r\n");
    }
  }

  @Test
  void uploadsToASlowUpstreamNeverExceedTheBudget() throws Exception {
    AtomicBoolean reads = new AtomicBoolean();
    byte[] piece = new byte[64 << 10];
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  if (reads.get()) {
                    connection.send(RawUpstream.okAnswer("small"));
                  }
                  connection.in().mark(0);
                  await().forever().until(reads::get);
                });
        var front = new Front(settings(small()))) {
      front.sendTo(upstream.address());
      long highest =
          highest(
              () -> {
                for (int i = 0; i < FLOOD; i++) {
                  RawSocket client = client(front);
                  Thread.startVirtualThread(() -> upload(client, piece));
                }
                await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> answerOf(front, GET).startsWith("HTTP/1.1 503"));
              });
      assertThat(highest).isLessThanOrEqualTo(BOUND);
      closeClients();
      reads.set(true);
      awaitOk(front, GET);
    }
  }

  private static void upload(RawSocket client, byte[] piece) {
    try {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
      for (int i = 0; i < 1_000; i++) {
        client.send(piece);
      }
    } catch (IOException e) {
      // Refused or cut off, as it should be.
      return;
    }
  }

  @Test
  void connectionsAboveTheBoundGet503UntilOthersGo() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var front = new Front(settings(small().withMaxConnections(20)))) {
      front.sendTo(upstream.address());
      for (int i = 0; i < 20; i++) {
        client(front).send("GET");
      }
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> metric(front, "fairlead_overload_pressure{resource=\"conn").endsWith(" 1"));
      assertThat(answerOf(front, GET)).startsWith("HTTP/1.1 503").contains("retry-after: 1");
      assertThat(metric(front, "fairlead_overload_connections_refused_total"))
          .isEqualTo("fairlead_overload_connections_refused_total 1");
      closeClients();
      awaitOk(front, GET);
    }
  }

  @Test
  void idleConnectionsMakeRoomForOthers() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var front = new Front(settings(small().withMaxConnections(20)))) {
      front.sendTo(upstream.address());
      RawSocket fresh = client(front);
      for (int i = 0; i < 18; i++) {
        assertThat(client(front).send(GET).readMessage()).endsWith("hello");
      }
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> front.plane().ports().getFirst().openConnections() <= 17);
      assertThat(fresh.send(GET).readMessage()).endsWith("hello");
    }
  }

  /** The gateway believes nobody's own word, so the route alone counts there. */
  @Test
  void requestsAreShedByTheirRoutesFirstAndByTheirOwnWordWhereItIsBelieved() throws Exception {
    try (var upstream = largeAndSmall();
        var front = new Front(settings(shedding(0.85, 0.85, 0.0001)))) {
      front.apply(prioritized(upstream, Listener.Role.GATEWAY));
      press(front, "/sheddable");
      assertThat(shed(front, "/none", "")).isFalse();
      assertThat(shed(front, "/none", "sheddable")).isFalse();
      assertThat(shed(front, "/sheddable", "")).isTrue();
      assertThat(shed(front, "/sheddable", "critical")).isTrue();
      assertThat(metric(front, "fairlead_overload_requests_shed_total{priority=\"sheddable\"}"))
          .doesNotEndWith(" 0");
    }
    try (var upstream = largeAndSmall();
        var front = new Front(settings(shedding(0.85, 0.85, 0.0001)))) {
      front.apply(prioritized(upstream, Listener.Role.OUTBOUND));
      press(front, "/sheddable");
      assertThat(shed(front, "/sheddable", "critical")).isFalse();
      assertThat(shed(front, "/none", "sheddable")).isTrue();
      assertThat(shed(front, "/plus", "sheddable")).isTrue();
    }
  }

  @Test
  void aRouteThatMattersMostIsServedWhenOthersAreNotAnyMore() throws Exception {
    try (var upstream = largeAndSmall();
        var front = new Front(settings(shedding(0.0003, 0.0002, 0.0001)))) {
      front.apply(prioritized(upstream, Listener.Role.GATEWAY));
      press(front, "/none");
      assertThat(shed(front, "/none", "")).isTrue();
      assertThat(shed(front, "/sheddable", "")).isTrue();
      assertThat(shed(front, "/plus", "")).isFalse();
    }
  }

  /** Bounds that the buffers of a single connection exceed. */
  private static OverloadSettings shedding(double critical, double plus, double sheddable) {
    return new OverloadSettings(
        10_000_000, 2 << 20, new LoadShedderSettings(critical, plus, sheddable), 0.95, 0);
  }

  private static Snapshot prioritized(RawUpstream upstream, Listener.Role role) {
    return Model.recorded(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table(
                "routes",
                prioritized("/sheddable", Optional.of(Priority.SHEDDABLE)),
                prioritized("/plus", Optional.of(Priority.CRITICAL_PLUS)),
                prioritized("/none", Optional.empty())),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())),
        role);
  }

  private static Route prioritized(String path, Optional<Priority> priority) {
    Route plain = Model.route(path, path, RouteAction.Forward.to("backend"));
    return new Route(
        plain.name(),
        plain.match(),
        plain.action(),
        plain.requestHeaders(),
        plain.responseHeaders(),
        plain.resilience(),
        plain.apiKeys(),
        priority.map(RouteFilters.NONE::withPriority).orElse(RouteFilters.NONE));
  }

  /** Holds a connection, whose octets alone are too many, until that has been noticed. */
  private void press(Front front, String shed) throws IOException {
    clients.add(front.client());
    await().atMost(Duration.ofSeconds(30)).until(() -> shed(front, shed, ""));
  }

  private static boolean shed(Front front, String path, String priority) {
    String said = priority.isEmpty() ? "" : "x-fairlead-priority: " + priority + "\r\n";
    String answer = answerOf(front, "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + said + "\r\n");
    if (answer.startsWith("HTTP/1.1 200")) {
      return false;
    }
    assertThat(answer)
        .startsWith("HTTP/1.1 503")
        .contains("retry-after: 1", "x-fairlead-reason: overload");
    return true;
  }
}
