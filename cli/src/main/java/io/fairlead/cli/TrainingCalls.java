package io.fairlead.cli;

import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Asks proxies often enough that what they load then is what they load in production. Blocking. */
final class TrainingCalls {
  static final Duration BOUND = Duration.ofMinutes(2);

  private static final int REQUESTS = 200;
  private static final String PATH = "/v1/catalog";

  private TrainingCalls() {}

  /** A listener in clear text. */
  static String listener(int port) {
    return "{ name: web, port: %d }".formatted(port);
  }

  /** Calls a service through a sidecar: there and back over mutual TLS. */
  static void mesh(HostPort outbound, String service) throws InterruptedException {
    var sidecar = new InetSocketAddress(outbound.host(), outbound.port());
    try (var http = HttpClient.newBuilder().proxy(ProxySelector.of(sidecar)).build()) {
      repeat(http, URI.create("http://" + service + PATH));
    }
  }

  /** Calls what stands behind a gateway. */
  static void gateway(HostPort address) throws InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      repeat(http, URI.create("http://" + address + PATH));
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
  private static void repeat(HttpClient http, URI uri) throws InterruptedException {
    long end = System.nanoTime() + BOUND.toNanos();
    int answered = 0;
    while (answered < REQUESTS && System.nanoTime() < end) {
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
