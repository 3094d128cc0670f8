package io.fairlead.demo.shop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP service with JSON bodies, health checks and spans. Each request has a virtual thread
 * of its own.
 */
final class HttpApp implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpRouting.Builder routes = HttpRouting.builder();
  private final AtomicBoolean ready = new AtomicBoolean();
  private final Tracing tracing;
  private final int port;
  private @Nullable WebServer server;
  private final Calls calls = new Calls();

  /**
   * An app that does not listen yet.
   *
   * @param port on loopback
   * @param otlp where spans go; empty sends none
   */
  HttpApp(String name, int port, Optional<String> otlp) {
    this.port = port;
    tracing = Tracing.of(name, otlp);
    routes.get("/health/live", (request, response) -> response.send("live\n"));
    routes.get(
        "/health/ready",
        (request, response) ->
            response
                .status(ready.get() ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503)
                .send(ready.get() ? "ready\n" : "starting\n"));
  }

  /** A status with a JSON body. */
  record Answer(int status, JsonNode body) {
    static Answer ok(JsonNode body) {
      return new Answer(200, body);
    }
  }

  /** Answers a request; what it throws becomes a 500. */
  @FunctionalInterface
  interface Handler {
    Answer handle(ServerRequest request, JsonNode body) throws Exception;
  }

  HttpApp get(String path, Handler handler) {
    routes.get(path, (request, response) -> answer(path, handler, request, response));
    return this;
  }

  HttpApp post(String path, Handler handler) {
    routes.post(path, (request, response) -> answer(path, handler, request, response));
    return this;
  }

  private void answer(
      String path, Handler handler, ServerRequest request, ServerResponse response) {
    var operation = request.prologue().method().text() + " " + path;
    var answer =
        tracing.serve(
            operation,
            name -> request.headers().first(HeaderNames.create(name)).orElse(null),
            () -> handler.handle(request, json(request)));
    response
        .status(Status.create(answer.status()))
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send((answer.body() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode json(ServerRequest request) throws JsonProcessingException {
    var text = request.content().hasEntity() ? request.content().as(String.class) : "";
    return text.isBlank() ? object() : MAPPER.readTree(text);
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ObjectMapper mapper() {
    return MAPPER;
  }

  /** Calls to other services, by name. */
  Calls calls() {
    return calls;
  }

  /** Listens on loopback and is ready from then on. */
  void start() {
    server =
        WebServer.builder()
            .host("127.0.0.1")
            .port(port)
            .routing(routes)
            .shutdownHook(true)
            .build()
            .start();
    ready.set(true);
  }

  /** Stops listening. */
  @Override
  public void close() {
    ready.set(false);
    var running = server;
    if (running != null) {
      running.stop();
    }
  }
}
