package io.fairlead.demo.shop;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Calls to other services by their names. Safe for use by many threads; calls block. */
final class Calls {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

  /** A status with a JSON body, if there was one. */
  record Reply(int status, JsonNode body, String reason) {
    boolean isOk() {
      return status >= 200 && status < 300;
    }
  }

  Reply get(String url) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(url)).GET());
  }

  Reply post(String url, JsonNode body, String idempotencyKey)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(url))
            .header("content-type", "application/json")
            .header("idempotency-key", idempotencyKey)
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
    Tracing.propagate(request);
    var response =
        http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
    var json = response.headers().firstValue("content-type").orElse("").contains("json");
    return new Reply(
        response.statusCode(),
        json ? HttpApp.mapper().readTree(response.body()) : HttpApp.object(),
        response.headers().firstValue("x-fairlead-reason").orElse(""));
  }
}
