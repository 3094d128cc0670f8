package io.fairlead.traces;

import io.fairlead.traces.SpanStore.ServiceOperations;
import io.fairlead.traces.SpanStore.StoreStats;
import io.fairlead.traces.TraceQuery.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/** Asks the query API of a trace backend. Safe for use by many threads. */
public final class TracesClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_ANSWER_BYTES = 64 << 20;
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  private final String base;
  private final HttpClient http;

  /** The address of the server that the query API is mounted on; no I/O yet. */
  public TracesClient(URI address) {
    var text = address.toString();
    this.base = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
  }

  /** Answer of the backend, read whole. */
  private record Answer(int status, byte[] body) {}

  /**
   * One trace; empty if the backend does not keep it.
   *
   * @throws IOException if the backend cannot be reached, refuses, or is not understood
   */
  public Optional<Trace> trace(TraceId id) throws IOException, InterruptedException {
    var answer = get("/api/v1/traces/" + id);
    return answer.status() == NOT_FOUND
        ? Optional.empty()
        : Optional.of(TraceJson.readTrace(good(answer)));
  }

  /**
   * Traces that the query wants, the latest first.
   *
   * @throws IOException if the backend cannot be reached, refuses, or is not understood
   */
  public List<TraceSummary> search(TraceQuery query) throws IOException, InterruptedException {
    return TraceJson.readSummaries(good(get("/api/v1/traces?" + parameters(query))));
  }

  /**
   * Services with a span, and their operations.
   *
   * @throws IOException if the backend cannot be reached, refuses, or is not understood
   */
  public List<ServiceOperations> services() throws IOException, InterruptedException {
    return TraceJson.readServices(good(get("/api/v1/services")));
  }

  /**
   * What the backend keeps, and what it dropped.
   *
   * @throws IOException if the backend cannot be reached, refuses, or is not understood
   */
  public StoreStats stats() throws IOException, InterruptedException {
    return TraceJson.readStats(good(get("/api/v1/stats")));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  private static byte[] good(Answer answer) throws IOException {
    if (answer.status() == OK) {
      return answer.body();
    }
    var detail = TraceJson.readDetail(answer.body());
    throw new IOException("the trace backend answered " + answer.status() + ": " + detail);
  }

  private Answer get(String path) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(base + path)).timeout(REQUEST_TIMEOUT).build();
    var response = http.send(request, BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(MAX_ANSWER_BYTES);
      if (body.read() >= 0) {
        throw new IOException("the answer is longer than " + MAX_ANSWER_BYTES + " bytes");
      }
      return new Answer(response.statusCode(), bytes);
    }
  }

  private static String parameters(TraceQuery query) {
    var any = TraceQuery.latest(query.limit());
    var text = new StringJoiner("&").add("limit=" + query.limit());
    query.service().ifPresent(name -> text.add("service=" + encoded(name)));
    query.operation().ifPresent(name -> text.add("operation=" + encoded(name)));
    query.tags().forEach((key, value) -> text.add("tag=" + encoded(key + "=" + value)));
    if (query.outcome() != Outcome.ANY) {
      text.add("error=" + (query.outcome() == Outcome.ERROR));
    }
    if (!query.minDuration().equals(any.minDuration())) {
      text.add("minDuration=" + seconds(query.minDuration()));
    }
    if (!query.maxDuration().equals(any.maxDuration())) {
      text.add("maxDuration=" + seconds(query.maxDuration()));
    }
    if (!query.from().equals(any.from())) {
      text.add("from=" + encoded(query.from().toString()));
    }
    if (!query.to().equals(any.to())) {
      text.add("to=" + encoded(query.to().toString()));
    }
    return text.toString();
  }

  private static String seconds(Duration duration) {
    return "%d.%09ds".formatted(duration.toSeconds(), duration.toNanosPart());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
