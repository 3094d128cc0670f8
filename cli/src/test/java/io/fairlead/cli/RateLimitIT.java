package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two proxies whose requests the control plane counts together. */
class RateLimitIT {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  @TempDir private Path folder;

  private UpServer start() throws IOException {
    return UpServer.start(
        new UpSettings(
            folder.resolve("state"),
            Optional.empty(),
            "127.0.0.1",
            new UpSettings.Ports(0, 0, 0, 0, 0),
            "cluster.local",
            Duration.ofHours(1),
            100));
  }

  private void apply(String api, String text) throws IOException {
    Path file = Files.writeString(folder.resolve("limits.yaml"), text);
    var err = new StringWriter();
    int code =
        Fairlead.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err))
            .execute("apply", "-f", file.toString(), "--api", api);
    assertThat(code).as(err.toString()).isZero();
  }

  private static Snapshot snapshot(HostPort limits) {
    var limit =
        new GlobalRateLimit(
            "limits",
            "shop",
            Duration.ofSeconds(10),
            GlobalRateLimit.FailureMode.REFUSE,
            List.of(new GlobalRateLimit.Descriptor(List.of(new GlobalRateLimit.Entry.Path()), 1)));
    var route =
        new Route(
            "all",
            Route.Match.path(new Route.PathMatch.Prefix("/")),
            new RouteAction.DirectResponse(200, "real"),
            HeaderChanges.NONE,
            HeaderChanges.NONE,
            ResilienceSettings.none(),
            Optional.empty(),
            new RouteFilters(
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                RouteFilters.Limits.NONE,
                new TreeSet<>(),
                Optional.of(limit),
                Optional.empty()));
    var cluster =
        new Cluster(
            "limits",
            new Cluster.Discovery.Static(
                List.of(new Endpoint("limits", limits, 1, Endpoint.Health.HEALTHY))),
            Optional.empty(),
            Cluster.Protocol.HTTP_2,
            Cluster.LoadBalancing.Simple.ROUND_ROBIN,
            Optional.empty(),
            ResilienceSettings.none());
    return new Snapshot(
        List.of(
            new Listener(
                "front", ANY, Listener.Role.OUTBOUND, Optional.empty(), List.of(), "routes", 0)),
        List.of(
            new RouteTable(
                "routes",
                List.of(new RouteTable.VirtualHost("all", List.of("*"), List.of(route))))),
        List.of(cluster),
        List.of(),
        List.of());
  }

  private static HostPort run(DataPlane plane, HostPort limits) {
    ApplyResult result = plane.apply(snapshot(limits));
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    return ((ApplyResult.Applied) result).listeners().getOrDefault("front", ANY);
  }

  private static int get(HttpClient client, HostPort front, String path) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://" + front + path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  @Test
  void whatBothProxiesLetPassTogetherIsBounded() throws Exception {
    var settings = DataPlaneSettings.of("one", "shop").withEventLoops(1);
    try (var up = start();
        var one = new DataPlane(settings);
        var two = new DataPlane(settings);
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      apply(
          "http://127.0.0.1:" + up.ports().getFirst().number(),
          """
          apiVersion: fairlead.io/v1
          kind: RateLimitDomain
          metadata: { name: shop }
          spec:
            domain: shop
            descriptors:
              - { key: path, value: /login, rateLimit: { requestsPerUnit: 3, unit: DAY } }
          """);
      var limits = new HostPort("127.0.0.1", up.ports().get(1).number());
      var first = run(one, limits);
      var second = run(two, limits);
      assertThat(get(client, first, "/login")).isEqualTo(200);
      assertThat(get(client, second, "/login")).isEqualTo(200);
      assertThat(get(client, first, "/login")).isEqualTo(200);
      assertThat(get(client, second, "/login")).isEqualTo(429);
      assertThat(get(client, first, "/login")).isEqualTo(429);
      assertThat(get(client, first, "/other")).isEqualTo(200);
    }
  }
}
