package io.fairlead.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Calls into the running shop, as its customers and operators make them. Thread-safe. */
final class Shop implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Fleet fleet;
  private final SecureRandom random = new SecureRandom();
  private final HttpClient direct =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .proxy(HttpClient.Builder.NO_PROXY)
          .connectTimeout(TIMEOUT)
          .build();
  private final Map<String, HttpClient> sidecars = new ConcurrentHashMap<>();

  Shop(Fleet fleet) {
    this.fleet = fleet;
  }

  Fleet fleet() {
    return fleet;
  }

  /**
   * An answer.
   *
   * @param status 0 if there was none
   * @param reason why the mesh answered itself; empty if it did not
   * @param nanos from the call to the end of the answer
   * @param traceId of the trace that the call began
   */
  record Reply(
      int status, JsonNode body, String reason, String retryAfter, long nanos, String traceId) {
    boolean isOk() {
      return status >= 200 && status < 300;
    }

    double millis() {
      return nanos / 1e6;
    }

    String orderStatus() {
      return body.path("status").asText();
    }
  }

  /** Orders something through the gateway, with a key. */
  Reply order() {
    return order(UUID.randomUUID().toString());
  }

  Reply order(String id) {
    var body =
        JsonNodeFactory.instance
            .objectNode()
            .put("id", id)
            .put("user", "7")
            .put("item", "lamp")
            .put("amount", 30);
    return gateway("POST", "/orders", body.toString(), Fleet.API_KEY);
  }

  /** Calls the gateway; an empty key sends none. */
  Reply gateway(String method, String path, String body, String key) {
    var request = request(method, "http://127.0.0.1:" + fleet.ports().gateway() + path, body);
    if (!key.isEmpty()) {
      request.header("x-api-key", key);
    }
    return send(direct, request);
  }

  /** Calls a service by name through the sidecar of an instance, as its application does. */
  Reply from(String instance, String method, String url, String body) {
    var client =
        sidecars.computeIfAbsent(
            instance,
            name ->
                HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .proxy(
                        ProxySelector.of(
                            new InetSocketAddress("127.0.0.1", fleet.ports().outbound(name))))
                    .connectTimeout(TIMEOUT)
                    .build());
    return send(client, request(method, url, body));
  }

  /** Calls an application behind the mesh's back: the bank's switch and its ledger. */
  Reply application(String instance, String method, String path, String body) {
    var url = "http://127.0.0.1:" + fleet.ports().application(instance) + path;
    return send(direct, request(method, url, body));
  }

  void bankMode(String mode) {
    var reply = application("bank-1", "POST", "/mode", "{\"mode\":\"" + mode + "\"}");
    if (!reply.isOk()) {
      throw new IllegalStateException("the bank did not take the mode " + mode + ": " + reply);
    }
  }

  long queueLength() {
    return application("payment-1", "GET", "/queue", "").body().path("length").asLong(-1);
  }

  JsonNode ledger() {
    return application("bank-1", "GET", "/ledger", "").body();
  }

  /** A page of the API of {@code fairlead up}. */
  Reply api(String path) {
    return send(direct, request("GET", "http://127.0.0.1:" + fleet.ports().api() + path, ""));
  }

  /** A page of a data plane's admin port. */
  Reply admin(int port, String path) {
    return send(direct, request("GET", "http://127.0.0.1:" + port + path, ""));
  }

  private HttpRequest.Builder request(String method, String url, String body) {
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(TIMEOUT)
        .header("content-type", "application/json")
        .method(
            method,
            body.isEmpty()
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body));
  }

  private Reply send(HttpClient client, HttpRequest.Builder request) {
    var id = new byte[24];
    random.nextBytes(id);
    var hex = HexFormat.of();
    var traceId = hex.formatHex(id, 0, 16);
    request.header("traceparent", "00-" + traceId + "-" + hex.formatHex(id, 16, 24) + "-01");
    long start = System.nanoTime();
    try {
      var response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      long nanos = System.nanoTime() - start;
      return new Reply(
          response.statusCode(),
          json(response.body()),
          response.headers().firstValue("x-fairlead-reason").orElse(""),
          response.headers().firstValue("retry-after").orElse(""),
          nanos,
          traceId);
    } catch (IOException unreachable) {
      var text = JsonNodeFactory.instance.objectNode().put("text", unreachable.toString());
      return new Reply(0, text, "", "", System.nanoTime() - start, traceId);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  /** What is not JSON becomes the text of an object. */
  private static JsonNode json(String body) {
    try {
      var node = MAPPER.readTree(body);
      return node == null ? JsonNodeFactory.instance.objectNode() : node;
    } catch (IOException plain) {
      return JsonNodeFactory.instance.objectNode().put("text", body);
    }
  }

  @Override
  public void close() {
    direct.shutdownNow();
    sidecars.values().forEach(HttpClient::shutdownNow);
  }
}
