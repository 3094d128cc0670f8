package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Listener.Role;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.StringMatch;
import io.fairlead.traffic.TcpRoute;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.hawkular.agent.prometheus.text.TextPrometheusMetricDataParser;
import org.hawkular.agent.prometheus.types.Counter;
import org.hawkular.agent.prometheus.types.Histogram;
import org.hawkular.agent.prometheus.types.Metric;
import org.hawkular.agent.prometheus.types.MetricFamily;
import org.hawkular.agent.prometheus.types.MetricType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Metrics by Istio's names, as a scraper reads them. */
@ExtendWith(LeakCheck.class)
class IstioMetricsIT {
  private static final ResilienceSettings NONE = ResilienceSettings.none();

  private Front front = new Front(DataPlaneSettings.of("shop-1", "shop").withEventLoops(2));

  @AfterEach
  void stop() {
    front.close();
  }

  private static Map<String, MetricFamily> scrape(Front front) throws IOException {
    try (var admin = RawSocket.connect(front.plane().adminAddress())) {
      String answer =
          admin.send("GET /stats/prometheus HTTP/1.1\r\nHost: admin\r\n\r\n").readMessage();
      String page = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      var parser =
          new TextPrometheusMetricDataParser(new ByteArrayInputStream(page.getBytes(UTF_8)));
      var families = new LinkedHashMap<String, MetricFamily>();
      for (var family = parser.parse(); family != null; family = parser.parse()) {
        assertThat(families.put(family.getName(), family)).as(family.getName()).isNull();
      }
      long declared = page.lines().filter(line -> line.startsWith("# TYPE ")).count();
      long empty = declared - families.size();
      assertThat(empty).isBetween(0L, declared - 1);
      return families;
    }
  }

  private static MetricFamily family(Map<String, MetricFamily> families, String name) {
    var family = families.get(name);
    if (family == null) {
      throw new AssertionError("there is no " + name + " in " + families.keySet());
    }
    return family;
  }

  private static List<Metric> metrics(Front front, String family) throws IOException {
    var found = scrape(front).get(family);
    return found == null ? List.of() : found.getMetrics();
  }

  private static double value(Metric metric) {
    return ((Counter) metric).getValue();
  }

  @Test
  void requestsAreCountedWithIstiosLabels() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.sendTo(upstream.address());
      try (var client = front.client()) {
        for (int i = 0; i < 3; i++) {
          client
              .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\n" + "x".repeat(300))
              .readMessage();
        }
      }
      var families = scrape(front);
      var requests = family(families, "istio_requests_total");
      assertThat(requests.getType()).isEqualTo(MetricType.COUNTER);
      assertThat(requests.getMetrics()).hasSize(1);
      var one = requests.getMetrics().getFirst();
      assertThat(value(one)).isEqualTo(3);
      assertThat(one.getLabels())
          .containsOnly(
              Map.entry("reporter", "source"),
              Map.entry("source_workload", "shop"),
              Map.entry("source_workload_namespace", "default"),
              Map.entry("source_principal", "unknown"),
              Map.entry("destination_workload", "backend"),
              Map.entry("destination_workload_namespace", "default"),
              Map.entry("destination_principal", "unknown"),
              Map.entry("destination_service", "backend"),
              Map.entry("destination_service_name", "backend"),
              Map.entry("destination_service_namespace", "default"),
              Map.entry("request_protocol", "http"),
              Map.entry("response_code", "200"),
              Map.entry("response_flags", "-"),
              Map.entry("connection_security_policy", "unknown"));
      var bytes = (Histogram) family(families, "istio_request_bytes").getMetrics().getFirst();
      assertThat(bytes.getSampleCount()).isEqualTo(3);
      assertThat(bytes.getSampleSum()).isEqualTo(900);
      assertThat(bytes.getBuckets()).hasSize(20);
      assertThat(bytes.getBuckets().get(7).getUpperBound()).isEqualTo(250);
      assertThat(bytes.getBuckets().get(7).getCumulativeCount()).isZero();
      assertThat(bytes.getBuckets().get(8).getCumulativeCount()).isEqualTo(3);
      var answers = (Histogram) family(families, "istio_response_bytes").getMetrics().getFirst();
      assertThat(answers.getSampleSum()).isEqualTo(15);
      assertThat(answers.getBuckets().get(2).getCumulativeCount()).isEqualTo(3);
      var durations =
          (Histogram)
              family(families, "istio_request_duration_milliseconds").getMetrics().getFirst();
      assertThat(durations.getSampleCount()).isEqualTo(3);
    }
  }

  @Test
  void whatTheProxyRefusesHasFlags() throws IOException {
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("none", "/none", RouteAction.Forward.to("none"))),
            Model.cluster("none", NONE)));
    try (var client = front.client()) {
      client.send("GET /none HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
      client.send("GET /other HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
    }
    assertThat(metrics(front, "istio_requests_total"))
        .extracting(
            m -> m.getLabels().get("destination_service"),
            m -> m.getLabels().get("response_code"),
            m -> m.getLabels().get("response_flags"))
        .containsExactlyInAnyOrder(tuple("none", "503", "UH"), tuple("unknown", "404", "NR"));
  }

  @Test
  void callOfGrpcIsTold() throws Exception {
    try (var upstream = RawUpstream.ok("")) {
      front.sendTo(upstream.address());
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/shop.Orders/Place", "content-type=application/grpc+proto");
        client.read();
        client.get(3, "/shop.Orders/Place", "content-type=text/plain");
        client.read();
      }
      Awaitility.await().until(() -> metrics(front, "istio_requests_total").size() == 2);
      assertThat(metrics(front, "istio_requests_total"))
          .extracting(m -> m.getLabels().get("request_protocol"))
          .containsExactlyInAnyOrder("grpc", "http");
    }
  }

  @Test
  void calleeTellsWhoCalledByTheCertificate() throws IOException {
    try (var called = new Front(DataPlaneSettings.of("bank-1", "bank").withEventLoops(1));
        var workload = RawUpstream.ok("hello")) {
      called.apply(TlsFront.inbound(workload));
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Role.OUTBOUND),
              TlsFront.cluster(
                  Optional.of(TlsFront.toBackend(new StringMatch.Exact(TlsFront.ME))),
                  called.address()),
              List.of(
                  TlsFront.CLIENT.secret("own"), TlsFront.MESH_CA.roots("roots", TlsFront.MESH))));
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
      }
      var labels = metrics(called, "istio_requests_total").getFirst().getLabels();
      assertThat(labels)
          .containsEntry("reporter", "destination")
          .containsEntry("destination_service", "bank")
          .containsEntry("connection_security_policy", "mutual_tls");
      assertThat(metrics(front, "istio_requests_total").getFirst().getLabels())
          .containsEntry("destination_principal", TlsFront.ME);
      assertThat(labels.get("source_principal")).isEqualTo(TlsFront.CALLER);
      assertThat(labels.get("source_principal")).endsWith("/" + labels.get("source_workload"));
    }
  }

  @Test
  void connectionsThatArePassedOnAreCountedAtBothEnds() throws IOException {
    try (var upstream =
        new RawUpstream(
            connection -> {
              assertThat(connection.read(4)).isEqualTo("ping");
              connection.send("pong!");
            })) {
      var tcp = new TcpRoute("stream", List.of(), List.of(new WeightedCluster("backend", 1)));
      var listener = TcpProxyIT.listener(Optional.empty(), TcpProxyIT.intake(tcp));
      front.apply(
          new Snapshot(
              List.of(listener),
              List.of(),
              List.of(Model.cluster("backend", NONE, upstream.address())),
              List.of(),
              List.of()));
      try (var client = front.client()) {
        assertThat(client.send("ping").readToEnd()).isEqualTo("pong!");
      }
      Awaitility.await()
          .until(
              () ->
                  metrics(front, "istio_tcp_connections_closed_total").stream()
                      .anyMatch(m -> value(m) == 1));
      var families = scrape(front);
      assertThat(family(families, "istio_tcp_connections_opened_total").getMetrics())
          .extracting(IstioMetricsIT::value)
          .containsExactly(1.0);
      assertThat(family(families, "istio_tcp_received_bytes_total").getMetrics())
          .extracting(IstioMetricsIT::value)
          .containsExactly(4.0);
      assertThat(family(families, "istio_tcp_sent_bytes_total").getMetrics())
          .extracting(IstioMetricsIT::value)
          .containsExactly(5.0);
    }
  }

  @Test
  void seriesBeyondTheBoundAreCountedAsOne() throws IOException {
    front.close();
    var defaults = DataPlaneSettings.of("shop-1", "shop").withEventLoops(1);
    front =
        new Front(
            new DataPlaneSettings(
                defaults.nodeId(),
                defaults.serviceName(),
                1,
                defaults.admin(),
                defaults.maxRequests(),
                defaults.exchangeIdle(),
                defaults.listenerDrain(),
                defaults.http1(),
                defaults.connections(),
                defaults.pool(),
                defaults.export(),
                defaults.overload(),
                defaults.sharing(),
                3,
                List.of(),
                defaults.locality()));
    var routes = new ArrayList<Route>();
    for (int status = 200; status < 210; status++) {
      routes.add(
          Model.route("r" + status, "/" + status, new RouteAction.DirectResponse(status, "")));
    }
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", routes.toArray(Route[]::new)),
            Model.cluster("backend", NONE)));
    try (var client = front.client()) {
      for (int status = 206; status < 210; status++) {
        client.send("GET /" + status + " HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        client.send("GET /" + status + " HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
      }
    }
    assertThat(metrics(front, "istio_requests_total"))
        .extracting(m -> m.getLabels().get("response_code"), IstioMetricsIT::value)
        .containsExactlyInAnyOrder(
            tuple("206", 2.0), tuple("207", 2.0), tuple("208", 2.0), tuple("other", 2.0));
  }
}
