package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.ApplyResult.Applied;
import io.fairlead.proxy.ApplyResult.Rejected;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Configurations change while requests run. */
@ExtendWith(LeakCheck.class)
class HotConfigurationIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void requestFinishesOnTheConfigurationThatItStartedWith() throws IOException {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch changed = new CountDownLatch(1);
    try (var first =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  arrived.countDown();
                  awaitLatch(changed);
                  connection.send(RawUpstream.okAnswer("first"));
                });
        var second = RawUpstream.ok("second")) {
      front.apply(marked("one", first.address()));
      try (var client = front.client()) {
        client.send(GET);
        awaitLatch(arrived);
        front.apply(marked("two", second.address()));
        changed.countDown();
        assertThat(client.readMessage()).contains("x-config: one").endsWith("first");
        assertThat(client.send(GET).readMessage()).contains("x-config: two").endsWith("second");
      }
    }
  }

  private static Snapshot marked(String mark, HostPort upstream) {
    var response =
        new HeaderChanges(List.of(new HeaderChanges.Field("x-config", mark)), List.of(), List.of());
    Route route =
        new Route(
            "all",
            Route.Match.path(new Route.PathMatch.Prefix("/")),
            RouteAction.Forward.to("backend"),
            HeaderChanges.NONE,
            response,
            ResilienceSettings.none(),
            Optional.empty());
    return Model.snapshot(
        Model.listener("front", "routes"),
        Model.table("routes", route),
        Model.cluster("backend", ResilienceSettings.none(), upstream));
  }

  @Test
  void noRequestFailsWhileConfigurationsChange() throws Exception {
    try (var a = RawUpstream.ok("a");
        var b = RawUpstream.ok("b")) {
      front.sendTo(a.address());
      AtomicBoolean done = new AtomicBoolean();
      AtomicInteger good = new AtomicInteger();
      AtomicInteger bad = new AtomicInteger();
      List<Thread> clients =
          List.of(load(done, good, bad), load(done, good, bad), load(done, good, bad));
      for (int i = 0; i < 100; i++) {
        switch (i % 4) {
          case 0 -> front.sendTo(b.address());
          case 1 -> front.sendTo(a.address(), b.address());
          case 2 -> front.apply(marked("m" + i, a.address()));
          default -> front.sendTo(a.address());
        }
      }
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> good.get() > 500);
      done.set(true);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(bad).hasValue(0);
    }
  }

  private Thread load(AtomicBoolean done, AtomicInteger good, AtomicInteger bad) {
    return Thread.startVirtualThread(
        () -> {
          while (!done.get()) {
            try (var client = front.client()) {
              for (int i = 0; i < 20; i++) {
                boolean ok = client.send(GET).readMessage().startsWith("HTTP/1.1 200");
                (ok ? good : bad).incrementAndGet();
              }
            } catch (IOException e) {
              bad.incrementAndGet();
            }
          }
        });
  }

  @Test
  void faultyConfigurationIsRejectedWithEveryFaultAndChangesNothing() throws IOException {
    try (var upstream = RawUpstream.ok("good")) {
      front.sendTo(upstream.address());
      Listener orphan = Model.listener("orphan", "missing-table");
      Snapshot faulty =
          new Snapshot(
              List.of(Model.listener("front", "routes"), orphan),
              List.of(
                  Model.table(
                      "routes",
                      Model.route("a", "/a", RouteAction.Forward.to("nowhere")),
                      Model.route("b", "/b", RouteAction.Forward.to("neither")))),
              List.of(),
              List.of(),
              List.of());
      ApplyResult result = front.plane().apply(faulty);
      assertThat(result).isInstanceOf(Rejected.class);
      if (result instanceof Rejected(var faults)) {
        assertThat(faults)
            .extracting(Object::toString)
            .containsExactlyInAnyOrder(
                "routeTable routes: route a: cluster nowhere does not exist",
                "routeTable routes: route b: cluster neither does not exist",
                "listener orphan: route table missing-table does not exist");
      }
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage()).endsWith("good");
      }
    }
  }

  @Test
  void addressInUseIsAFaultOfItsListener() throws IOException {
    try (var other = RawUpstream.ok("other")) {
      Listener taken =
          new Listener(
              "taken",
              other.address(),
              Listener.Role.GATEWAY,
              Optional.empty(),
              List.of(),
              "routes",
              0);
      ApplyResult result = front.plane().apply(Model.snapshot(taken, Model.table("routes")));
      assertThat(result.toString()).contains("listener taken: ", "cannot listen on");
    }
  }

  @Test
  void listenersComeAndGo() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      front.sendTo(upstream.address());
      HostPort first = front.address();
      try (var client = RawSocket.connect(first);
          var idle = RawSocket.connect(first)) {
        assertThat(client.send(GET).readMessage()).endsWith("ok");
        Snapshot renamed =
            Model.snapshot(
                Model.listener("other", "routes"),
                Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
                Model.cluster("backend", ResilienceSettings.none(), upstream.address()));
        ApplyResult result = front.plane().apply(renamed);
        assertThat(idle.readToEnd()).isEmpty();
        assertThat(client.readToEnd()).isEmpty();
        Awaitility.await()
            .atMost(Duration.ofSeconds(5))
            .ignoreExceptionsMatching(e -> !(e instanceof ConnectException))
            .until(() -> isRefused(first));
        if (result instanceof Applied applied) {
          try (var second = RawSocket.connect(applied.listeners().get("other"))) {
            assertThat(second.send(GET).readMessage()).endsWith("ok");
          }
        }
      }
    }
  }

  private static boolean isRefused(HostPort address) throws IOException {
    try (var socket = RawSocket.connect(address)) {
      return socket == null;
    } catch (ConnectException e) {
      return true;
    }
  }

  @Test
  void drainingFinishesRequestsAndSaysSo() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch draining = new CountDownLatch(1);
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              arrived.countDown();
              awaitLatch(draining);
              connection.send(RawUpstream.okAnswer("last"));
            })) {
      front.sendTo(upstream.address());
      try (var client = front.client();
          var idle = front.client()) {
        client.send(GET);
        awaitLatch(arrived);
        assertThat(front.plane().drain(Duration.ofMillis(100))).isFalse();
        assertThat(idle.readToEnd()).isEmpty();
        draining.countDown();
        assertThat(client.readMessage()).contains("connection: close").endsWith("last");
        assertThat(client.readToEnd()).isEmpty();
        assertThat(front.plane().drain(Duration.ofSeconds(5))).isTrue();
      }
    }
  }

  @Test
  void removedEndpointFinishesItsRequest() throws IOException {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch removed = new CountDownLatch(1);
    try (var old =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  arrived.countDown();
                  awaitLatch(removed);
                  connection.send(RawUpstream.okAnswer("old"));
                  connection.readHead();
                });
        var fresh = RawUpstream.ok("fresh")) {
      front.sendTo(old.address());
      try (var client = front.client()) {
        client.send(GET);
        awaitLatch(arrived);
        front.sendTo(fresh.address());
        removed.countDown();
        assertThat(client.readMessage()).endsWith("old");
        assertThat(client.send(GET).readMessage()).endsWith("fresh");
      }
    }
  }
}
