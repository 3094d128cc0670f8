package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A successor takes the ports of a data plane over, and no client notices. */
@ExtendWith(LeakCheck.class)
class HandOverIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final int HAND_OVERS = 8;

  /** Clients that never rest, half of them with a connection for each request. */
  private static final class Load implements AutoCloseable {
    private final HostPort address;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger served = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    Load(HostPort address) {
      this.address = address;
      for (int i = 0; i < 4; i++) {
        threads.add(Thread.startVirtualThread(() -> run(1)));
        threads.add(Thread.startVirtualThread(() -> run(Integer.MAX_VALUE)));
      }
    }

    private void run(int requestsPerConnection) {
      while (!over.get()) {
        try (RawSocket client = RawSocket.connect(address)) {
          for (int i = 0; i < requestsPerConnection && !over.get(); i++) {
            String answer = client.send(GET).readMessage();
            if (!answer.startsWith("HTTP/1.1 200") || !answer.endsWith("hello")) {
              failures.add("request " + i + " of a connection: " + answer);
              break;
            }
            served.incrementAndGet();
            if (answer.contains("connection: close")) {
              break;
            }
          }
        } catch (IOException broken) {
          failures.add(broken.toString());
        }
      }
    }

    void awaitMore(int requests) {
      int before = served.get();
      await().atMost(Duration.ofSeconds(20)).until(() -> served.get() >= before + requests);
    }

    @Override
    public void close() throws InterruptedException {
      over.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  private static DataPlane plane() {
    return new DataPlane(
        DataPlaneSettings.of("test", "test").withEventLoops(2).withSharing(PortSharing.SHARED));
  }

  private static Snapshot at(HostPort address, RawUpstream upstream) {
    Snapshot plain = Model.plain(ResilienceSettings.none(), upstream.address());
    Listener front = plain.listeners().getFirst();
    Listener placed =
        new Listener(
            front.name(), address, front.role(), front.tls(), List.of(), front.routeTable(), 0);
    return new Snapshot(
        List.of(placed), plain.routeTables(), plain.clusters(), plain.endpoints(), plain.secrets());
  }

  private static DataPlane serve(HostPort address, RawUpstream upstream) {
    DataPlane plane = plane();
    assertThat(plane.apply(at(address, upstream))).isInstanceOf(ApplyResult.Applied.class);
    return plane;
  }

  @Test
  void noRequestFailsWhileSuccessorsTakeOver() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      DataPlane present = serve(Model.ANY_PORT, upstream);
      HostPort address = present.ports().getFirst().address();
      try (var load = new Load(address)) {
        for (int i = 0; i < HAND_OVERS; i++) {
          load.awaitMore(200);
          DataPlane successor = serve(address, upstream);
          load.awaitMore(200);
          assertThat(present.drain(Duration.ofSeconds(4))).isTrue();
          present.close();
          present = successor;
          load.awaitMore(200);
          assertThat(load.failures).isEmpty();
        }
      }
      present.close();
    }
  }

  @Test
  void anAddressIsNotSharedUnlessThatIsAskedFor() throws Exception {
    try (var upstream = RawUpstream.ok("hello");
        var front = new Front()) {
      front.sendTo(upstream.address());
      try (DataPlane second = plane()) {
        assertThat(second.apply(at(front.address(), upstream)))
            .isInstanceOf(ApplyResult.Rejected.class);
      }
    }
  }

  @Test
  void idleConnectionsAreToldToEndWithTheirNextAnswer() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      DataPlane plane = serve(Model.ANY_PORT, upstream);
      HostPort address = plane.ports().getFirst().address();
      try (var client = RawSocket.connect(address);
          var admin = RawSocket.connect(plane.adminAddress())) {
        assertThat(client.send(GET).readMessage()).doesNotContain("connection: close");
        admin.send("POST /drain HTTP/1.1\r\nHost: h\r\ncontent-length: 0\r\n\r\n");
        assertThat(admin.readMessage()).contains("draining");
        assertThat(client.send(GET).readMessage()).contains("connection: close").endsWith("hello");
        assertThat(plane.drain(Duration.ofSeconds(10))).isTrue();
      }
      plane.close();
    }
  }
}
