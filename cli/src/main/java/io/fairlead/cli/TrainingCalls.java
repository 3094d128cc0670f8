package io.fairlead.cli;

import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/** Asks proxies often enough that what they load then is what they load in production. Blocking. */
final class TrainingCalls {
  static final Duration BOUND = Duration.ofMinutes(2);

  private static final int REQUESTS = 200;
  private static final String PATH = "/v1/catalog";
  private static final int CHANGES = 5;
  private static final int ROUTES = 50;

  private TrainingCalls() {}

  /** A listener in clear text. */
  static String listener(int port) {
    return "{ name: web, port: %d }".formatted(port);
  }

  /** Calls a service through a sidecar: there and back over mutual TLS. */
  static void mesh(HostPort outbound, String service) throws InterruptedException {
    var sidecar = new InetSocketAddress(outbound.host(), outbound.port());
    try (var http = HttpClient.newBuilder().proxy(ProxySelector.of(sidecar)).build()) {
      repeat(http, URI.create("http://" + service + PATH), REQUESTS);
    }
  }

  /**
   * Changes one of many routes to a service again and again, and waits each time until a sidecar
   * answers by it.
   *
   * @param api of the control plane
   */
  static void meshChanges(URI api, HostPort outbound, String service)
      throws IOException, InterruptedException {
    var sidecar = new InetSocketAddress(outbound.host(), outbound.port());
    var parent = "{ kind: Service, name: " + service + " }";
    try (var direct = HttpClient.newHttpClient();
        var http = HttpClient.newBuilder().proxy(ProxySelector.of(sidecar)).build()) {
      for (int change = 0; change < CHANGES; change++) {
        var yaml = HttpRequest.BodyPublishers.ofString(routesYaml(parent, service, change));
        var request = HttpRequest.newBuilder(api.resolve("/v1/config")).POST(yaml).build();
        direct.send(request, HttpResponse.BodyHandlers.discarding());
        repeat(http, URI.create("http://" + service + "/changed-" + change), 1);
      }
    }
  }

  /**
   * The same with a gateway of files.
   *
   * @param file of the gateway, to whose text the routes are added
   */
  static void gatewayChanges(Path file, HostPort address) throws IOException, InterruptedException {
    var text = Files.readString(file);
    var next = file.resolveSibling("next");
    try (var http = HttpClient.newHttpClient()) {
      for (int change = 0; change < CHANGES; change++) {
        Files.writeString(next, text + routesYaml("{ name: warm-up }", "api", change));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
        repeat(http, URI.create("http://" + address + "/changed-" + change), 1);
      }
    }
  }

  /** Each in a document; the last has the number of the change in its path. */
  private static String routesYaml(String parent, String backend, int change) {
    var yaml = new StringBuilder();
    for (int i = 0; i < ROUTES; i++) {
      yaml.append(routeYaml(parent, backend, "other-" + i, "other-" + i));
    }
    return yaml.append(routeYaml(parent, backend, "changed", "changed-" + change)).toString();
  }

  private static String routeYaml(String parent, String backend, String name, String path) {
    return """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: %s }
        spec:
          parentRefs: [%s]
          rules:
            - matches: [{ path: { type: Exact, value: /%s } }]
              backendRefs: [{ name: %s }]
              filters:
                - type: URLRewrite
                  urlRewrite: { path: { type: ReplaceFullPath, replaceFullPath: %s } }
        """
        .formatted(name, parent, path, backend, PATH);
  }

  /** Calls what stands behind a gateway. */
  static void gateway(HostPort address) throws InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      repeat(http, URI.create("http://" + address + PATH), REQUESTS);
    }
  }

  /** What an operator or a monitoring system asks for. */
  static void admin(HostPort address) throws InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      for (var path : List.of("/ready", "/stats/prometheus")) {
        isAnswered(http, URI.create("http://" + address + path));
      }
    }
  }

  /** A gateway with these listeners, in YAML, and a route to the API of the registry. */
  static String gatewayYaml(String listeners, int api) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: warm-up }
        spec: { listeners: [%s] }
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: { name: api }
        spec: { hosts: [api], endpoints: [{ address: 127.0.0.1, ports: { http: %d } }] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: all }
        spec: { parentRefs: [{ name: warm-up }], rules: [{ backendRefs: [{ name: api }] }] }
        """
        .formatted(listeners, api);
  }

  /** The first ones may come before there is a route: what counts is those that are answered. */
  private static void repeat(HttpClient http, URI uri, int times) throws InterruptedException {
    long end = System.nanoTime() + BOUND.toNanos();
    int answered = 0;
    while (answered < times && System.nanoTime() < end) {
      answered += isAnswered(http, uri) ? 1 : 0;
    }
  }

  private static boolean isAnswered(HttpClient http, URI uri) throws InterruptedException {
    boolean answered;
    try {
      var request = HttpRequest.newBuilder(uri).timeout(BOUND).build();
      answered = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notReadyYet) {
      answered = false;
    }
    if (!answered) {
      Thread.sleep(10);
    }
    return answered;
  }
}
