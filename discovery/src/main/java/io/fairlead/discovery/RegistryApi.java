package io.fairlead.discovery;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One exchange with the registry per call. A failed exchange moves on to the next address, which
 * the next call uses.
 */
final class RegistryApi {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int NO_CONTENT = 204;
  private static final int NOT_FOUND = 404;

  private final RegistryClientSettings settings;
  private final HttpClient http;
  private final AtomicInteger turn = new AtomicInteger();

  RegistryApi(RegistryClientSettings settings, HttpClient http) {
    this.settings = settings;
    this.http = http;
  }

  /** Answer of the registry, read whole. */
  private record Answer(int status, byte[] body) {}

  void put(RegistrationRequest request) throws IOException, InterruptedException {
    var body = BodyPublishers.ofByteArray(CatalogJson.registration(request));
    var answer =
        exchange(
            HttpRequest.newBuilder().header("content-type", "application/json").method("PUT", body),
            path(request.instance().key()));
    if (answer.status() != OK && answer.status() != CREATED) {
      throw refusal(answer);
    }
  }

  /** Returns whether the registry knows the instance. */
  boolean heartbeat(InstanceKey key) throws IOException, InterruptedException {
    var answer =
        exchange(
            HttpRequest.newBuilder().method("POST", BodyPublishers.noBody()),
            path(key) + "/heartbeat");
    return switch (answer.status()) {
      case NO_CONTENT, OK -> true;
      case NOT_FOUND -> false;
      default -> throw refusal(answer);
    };
  }

  void delete(InstanceKey key) throws IOException, InterruptedException {
    var answer = exchange(HttpRequest.newBuilder().DELETE(), path(key));
    if (answer.status() != NO_CONTENT) {
      throw refusal(answer);
    }
  }

  CatalogSnapshot catalog() throws IOException, InterruptedException {
    var answer = exchange(HttpRequest.newBuilder().GET(), "/v1/catalog");
    if (answer.status() != OK) {
      throw refusal(answer);
    }
    return CatalogJson.readSnapshot(answer.body());
  }

  /** Opens the stream of a watch; the caller closes it. */
  InputStream watch(WatchRequest watch) throws IOException, InterruptedException {
    var query = new StringBuilder("/v1/watch?from=").append(watch.fromVersion());
    query.append("&catalog=").append(encoded(watch.catalogId()));
    watch.service().ifPresent(name -> query.append("&service=").append(encoded(name)));
    int address = turn.get();
    try {
      var request =
          HttpRequest.newBuilder(uri(address, query.toString()))
              .header("accept", "text/event-stream")
              .timeout(settings.requestTimeout())
              .build();
      var response = http.send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() == OK) {
        return response.body();
      }
      throw refusal(read(response));
    } catch (IOException e) {
      turn.compareAndSet(address, address + 1);
      throw e;
    }
  }

  private Answer exchange(HttpRequest.Builder request, String path)
      throws IOException, InterruptedException {
    int address = turn.get();
    try {
      request.uri(uri(address, path)).timeout(settings.requestTimeout());
      return read(http.send(request.build(), BodyHandlers.ofInputStream()));
    } catch (IOException e) {
      turn.compareAndSet(address, address + 1);
      throw e;
    }
  }

  private Answer read(HttpResponse<InputStream> response) throws IOException {
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(settings.maxResponseBytes());
      if (body.read() >= 0) {
        throw new IOException(
            "answer of the registry is longer than maxResponseBytes, "
                + settings.maxResponseBytes());
      }
      return new Answer(response.statusCode(), bytes);
    }
  }

  private static RegistryException refusal(Answer answer) {
    try {
      var problem = CatalogJson.readProblem(answer.body());
      return new RegistryException(
          new Problem(answer.status(), problem.title(), problem.detail(), problem.faults()));
    } catch (IOException e) {
      var problem = Problem.of(answer.status(), "Unexpected answer", "the answer has no reason");
      var refusal = new RegistryException(problem);
      refusal.addSuppressed(e);
      return refusal;
    }
  }

  private URI uri(int address, String path) {
    var registries = settings.registries();
    String base = registries.get(Math.floorMod(address, registries.size())).toString();
    return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
  }

  private static String path(InstanceKey key) {
    return "/v1/services/" + key.service() + "/instances/" + encoded(key.id());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
