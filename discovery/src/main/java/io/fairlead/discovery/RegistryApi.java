package io.fairlead.discovery;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * One exchange with the registry per call. A failed exchange moves on to the next address, which
 * the next call uses.
 */
final class RegistryApi {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int NO_CONTENT = 204;
  private static final int NOT_FOUND = 404;
  private static final byte[] NOTHING = {};

  private final RegistryClientSettings settings;
  private final Supplier<HttpClient> streams;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * Exchanges with the registries of the settings.
   *
   * @param streams opens watches, which another thread must be able to cut; what only registers
   *     never asks for it
   */
  RegistryApi(RegistryClientSettings settings, Supplier<HttpClient> streams) {
    this.settings = settings;
    this.streams = streams;
  }

  /** Answer of the registry, read whole. */
  private record Answer(int status, byte[] body) {}

  void put(RegistrationRequest request) throws IOException, InterruptedException {
    byte[] body = CatalogJson.registration(request);
    var answer = exchange("PUT", path(request.instance().key()), body);
    if (answer.status() != OK && answer.status() != CREATED) {
      throw refusal(answer);
    }
  }

  /** Returns whether the registry knows the instance. */
  boolean heartbeat(InstanceKey key) throws IOException, InterruptedException {
    var answer = exchange("POST", path(key) + "/heartbeat", NOTHING);
    return switch (answer.status()) {
      case NO_CONTENT, OK -> true;
      case NOT_FOUND -> false;
      default -> throw refusal(answer);
    };
  }

  void delete(InstanceKey key) throws IOException, InterruptedException {
    var answer = exchange("DELETE", path(key), NOTHING);
    if (answer.status() != NO_CONTENT) {
      throw refusal(answer);
    }
  }

  CatalogSnapshot catalog() throws IOException, InterruptedException {
    var answer = exchange("GET", "/v1/catalog", NOTHING);
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
      var response = streams.get().send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() == OK) {
        return response.body();
      }
      throw refusal(new Answer(response.statusCode(), read(response.body())));
    } catch (IOException e) {
      turn.compareAndSet(address, address + 1);
      throw e;
    }
  }

  private Answer exchange(String method, String path, byte[] body)
      throws IOException, InterruptedException {
    int address = turn.get();
    try {
      return send((HttpURLConnection) uri(address, path).toURL().openConnection(), method, body);
    } catch (IOException e) {
      turn.compareAndSet(address, address + 1);
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException("while the registry was asked");
      }
      throw e;
    }
  }

  private Answer send(HttpURLConnection question, String method, byte[] body) throws IOException {
    question.setConnectTimeout(millis(settings.connectTimeout()));
    question.setReadTimeout(millis(settings.requestTimeout()));
    question.setInstanceFollowRedirects(false);
    question.setUseCaches(false);
    question.setRequestMethod(method);
    if (method.equals("PUT") || method.equals("POST")) {
      question.setDoOutput(true);
      question.setRequestProperty("content-type", "application/json");
      // A length that is known is sent once: nothing is repeated behind the caller's back.
      question.setFixedLengthStreamingMode(body.length);
      try (var out = question.getOutputStream()) {
        out.write(body);
      }
    }
    int status = question.getResponseCode();
    if (status < 0) {
      throw new IOException("what answered at " + question.getURL() + " is no HTTP server");
    }
    var stream = status < 400 ? question.getInputStream() : question.getErrorStream();
    return new Answer(status, stream == null ? NOTHING : read(stream));
  }

  private static int millis(Duration duration) {
    return (int) Math.clamp(duration.toMillis(), 1, Integer.MAX_VALUE);
  }

  private byte[] read(InputStream answer) throws IOException {
    try (answer) {
      byte[] bytes = answer.readNBytes(settings.maxResponseBytes());
      if (answer.read() >= 0) {
        throw new IOException(
            "answer of the registry is longer than maxResponseBytes, "
                + settings.maxResponseBytes());
      }
      return bytes;
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
