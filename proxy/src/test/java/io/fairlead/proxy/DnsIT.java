package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.tls.TlsContexts;
import io.fairlead.proxy.upstream.HostLookup;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.Discovery;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clusters whose endpoints have names, which lead to other addresses with time. */
@ExtendWith(LeakCheck.class)
class DnsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Duration OFTEN = Duration.ofMillis(10);

  private final Map<String, List<String>> names = new ConcurrentHashMap<>();
  private final AtomicInteger lookups = new AtomicInteger();
  private final AtomicInteger lookupsOnLoops = new AtomicInteger();
  private final Front front =
      new Front(
          new DataPlane(
              DataPlaneSettings.of("test", "test").withEventLoops(2),
              Ticker.system(),
              PolicyEvents.none(),
              new TlsContexts(Duration.ofSeconds(5)),
              this::lookup));
  private final List<RawUpstream> upstreams = new ArrayList<>();

  @AfterEach
  void stop() throws IOException {
    front.close();
    for (RawUpstream upstream : upstreams) {
      upstream.close();
    }
    assertThat(lookupsOnLoops).hasValue(0);
  }

  private List<InetAddress> lookup(String host) throws UnknownHostException {
    lookups.incrementAndGet();
    if (Thread.currentThread().getName().startsWith("fairlead-loop")) {
      lookupsOnLoops.incrementAndGet();
    }
    List<InetAddress> addresses = new ArrayList<>();
    for (String address : names.getOrDefault(host, List.of())) {
      addresses.add(InetAddress.getByName(address));
    }
    if (addresses.isEmpty()) {
      throw new UnknownHostException(host);
    }
    return addresses;
  }

  /** Servers at 127.0.0.1, 127.0.0.2 and so on, which answer their own address; their port. */
  private int serve(int count) throws IOException {
    int port = 0;
    for (int i = 1; i <= count; i++) {
      String address = "127.0.0." + i;
      ServerSocket socket = new ServerSocket(port, 128, InetAddress.getByName(address));
      port = socket.getLocalPort();
      upstreams.add(
          new RawUpstream(
              socket,
              connection -> {
                while (!connection.readMessage().isEmpty()) {
                  connection.send(RawUpstream.okAnswer(address));
                }
              }));
    }
    return port;
  }

  private static Endpoint endpoint(String host, int port) {
    return new Endpoint(host, new HostPort(host, port), 1, Endpoint.Health.HEALTHY);
  }

  private static Snapshot snapshot(Discovery discovery) {
    Cluster cluster =
        new Cluster(
            "backend",
            discovery,
            Optional.empty(),
            Cluster.LoadBalancing.Simple.ROUND_ROBIN,
            ResilienceSettings.none());
    return Model.snapshot(
        Model.listener("front", "routes"),
        Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
        cluster);
  }

  private List<String> answers() throws IOException {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      try (var client = front.client()) {
        answers.add(client.send(GET).readMessage().replaceAll("(?s).*\r\n", ""));
      }
    }
    return answers.stream().distinct().sorted().toList();
  }

  private void awaitAnswers(String... addresses) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(answers()).containsExactly(addresses));
  }

  private void awaitLookups(int more) {
    int before = lookups.get();
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> lookups.get() > before + more);
  }

  private String page(String path) throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      return admin.send("GET " + path + " HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
    }
  }

  @Test
  void allAddressesOfNamesAreEndpointsAndFollowThem() throws IOException {
    int port = serve(3);
    names.put("a.test", List.of("127.0.0.2", "127.0.0.1", "::1"));
    names.put("b.test", List.of("127.0.0.1"));
    var both = List.of(endpoint("a.test", port), endpoint("b.test", port));
    front.apply(snapshot(new Discovery.StrictDns(both, OFTEN)));
    awaitAnswers("127.0.0.1", "127.0.0.2");
    assertThat(page("/clusters"))
        .contains("\"id\":\"127.0.0.1:" + port, "\"id\":\"127.0.0.2:" + port)
        .doesNotContain("test\"", "::1");
    names.put("b.test", List.of("127.0.0.3"));
    awaitAnswers("127.0.0.1", "127.0.0.2", "127.0.0.3");
    names.put("a.test", List.of("127.0.0.2"));
    awaitAnswers("127.0.0.2", "127.0.0.3");
    int connections = upstreams.get(1).accepted();
    assertThat(connections).as("connections stay, one for each loop").isLessThanOrEqualTo(2);
  }

  @Test
  void aNameThatCannotBeResolvedKeepsItsAddresses() throws IOException {
    int port = serve(2);
    names.put("a.test", List.of("127.0.0.2"));
    front.apply(snapshot(new Discovery.StrictDns(List.of(endpoint("a.test", port)), OFTEN)));
    awaitAnswers("127.0.0.2");
    names.clear();
    awaitLookups(3);
    assertThat(answers()).containsExactly("127.0.0.2");
    assertThat(page("/stats/prometheus"))
        .containsPattern("dns_lookups_total\\{cluster=\"backend\",outcome=\"resolved\"} [1-9]")
        .containsPattern("dns_lookups_total\\{cluster=\"backend\",outcome=\"failed\"} [1-9]");
    names.put("a.test", List.of("127.0.0.1"));
    awaitAnswers("127.0.0.1");
  }

  @Test
  void newConnectionsOfALogicalClusterGoToThePresentAddressAndOldOnesStay() throws IOException {
    int port = serve(2);
    names.put("a.test", List.of("127.0.0.1", "127.0.0.2"));
    front.apply(snapshot(new Discovery.LogicalDns(endpoint("a.test", port), OFTEN)));
    awaitAnswers("127.0.0.1");
    int connections = upstreams.getFirst().accepted();
    names.put("a.test", List.of("127.0.0.2"));
    awaitLookups(3);
    // Either loop may still have to open its first connection.
    assertThat(answers()).contains("127.0.0.1");
    assertThat(upstreams.getFirst().accepted()).isEqualTo(connections);
    upstreams.getFirst().closeConnections();
    awaitAnswers("127.0.0.2");
  }

  @Test
  void untilANameIsResolvedConnectingResolvesIt() throws IOException {
    int port = serve(1);
    front.apply(snapshot(new Discovery.StrictDns(List.of(endpoint("localhost", port)), OFTEN)));
    assertThat(answers()).containsExactly("127.0.0.1");
    awaitLookups(2);
    assertThat(answers()).containsExactly("127.0.0.1");
  }

  @Test
  void nothingIsLookedUpForAConfigurationThatIsRefusedOrGone() throws IOException {
    int port = serve(1);
    names.put("a.test", List.of("127.0.0.1"));
    Snapshot good = snapshot(new Discovery.StrictDns(List.of(endpoint("a.test", port)), OFTEN));
    Snapshot bad =
        Model.snapshot(
            Model.listener("front", "missing"),
            good.routeTables().getFirst(),
            good.clusters().getFirst());
    assertThat(front.plane().apply(bad)).isInstanceOf(ApplyResult.Rejected.class);
    assertThat(lookups).hasValue(0);
    front.apply(good);
    awaitLookups(2);
    front.apply(Snapshot.EMPTY);
    AtomicInteger before = new AtomicInteger(-1);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> before.getAndSet(lookups.get()) == lookups.get());
  }

  @Test
  void theSystemResolvesLiteralsAndNames() throws UnknownHostException {
    assertThat(HostLookup.SYSTEM.lookup("127.0.0.9"))
        .extracting(InetAddress::getHostAddress)
        .containsExactly("127.0.0.9");
    assertThat(HostLookup.SYSTEM.lookup("localhost")).isNotEmpty();
  }
}
