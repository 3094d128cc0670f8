package io.fairlead.traces;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.fairlead.traces.QueryParser.Parsed;
import io.fairlead.traces.TraceJson.Fault;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The query API. Paths:
 *
 * <pre>
 * GET /api/v1/traces/{id}   one trace with its analysis
 * GET /api/v1/traces        search: service operation tag=KEY=VALUE error=true|false minDuration
 *                           maxDuration last=10m | from to (ISO 8601) limit
 * GET /api/v1/services      services and their operations
 * GET /api/v1/stats         what is kept, and what was dropped and why
 * GET /api/v1/metrics       the same for Prometheus
 * </pre>
 *
 * <p>Errors are problem details (RFC 9457) with every fault at once.
 */
public final class TraceQueryHttp {
  private static final MediaType PROBLEM = MediaType.parse("application/problem+json");

  private final SpanStore store;
  private final InstantSource clock;
  private final Supplier<String> prometheus;

  TraceQueryHttp(SpanStore store, InstantSource clock, Supplier<String> prometheus) {
    this.store = store;
    this.clock = clock;
    this.prometheus = prometheus;
  }

  /** Adds the paths to a server that is being built. */
  public void mountOn(ServerBuilder server) {
    server.service("/api/v1/traces/{id}", get(this::trace));
    server.service("/api/v1/traces", get(this::search));
    server.service("/api/v1/services", get(ctx -> json(TraceJson.services(store.services()))));
    server.service("/api/v1/stats", get(ctx -> json(TraceJson.stats(store.stats()))));
    server.service("/api/v1/metrics", get(ctx -> HttpResponse.of(prometheus.get())));
  }

  private HttpResponse trace(ServiceRequestContext ctx) {
    var text = String.valueOf(ctx.pathParam("id"));
    var id = TraceId.parse(text);
    if (id.isEmpty()) {
      var rule = "must be 32 hexadecimal digits, not all zero";
      return invalid(List.of(new Fault("id", text, rule)));
    }
    return store
        .trace(id.get())
        .map(trace -> json(TraceJson.trace(trace, TraceAnalysis.of(trace))))
        .orElseGet(
            () ->
                problem(
                    HttpStatus.NOT_FOUND,
                    "Unknown trace",
                    "trace " + id.get() + " is not kept (any more)",
                    List.of()));
  }

  private HttpResponse search(ServiceRequestContext ctx) {
    return switch (QueryParser.parse(ctx.queryParams(), clock)) {
      case Parsed.Ok(var query) -> json(TraceJson.summaries(store.search(query)));
      case Parsed.Wrong(var faults) -> invalid(faults);
    };
  }

  /** Looking into the store may take a while, so it is no work for an event loop. */
  private static HttpService get(Function<ServiceRequestContext, HttpResponse> answer) {
    return (ctx, request) -> {
      if (ctx.method() == HttpMethod.GET) {
        return HttpResponse.of(
            CompletableFuture.supplyAsync(() -> answer.apply(ctx), ctx.blockingTaskExecutor()));
      }
      var headers =
          ResponseHeaders.builder(HttpStatus.METHOD_NOT_ALLOWED)
              .contentType(PROBLEM)
              .set(HttpHeaderNames.ALLOW, "GET")
              .build();
      var body = TraceJson.problem(405, "Method not allowed", "only GET is supported", List.of());
      return HttpResponse.of(headers, HttpData.ofUtf8(body));
    };
  }

  private static HttpResponse json(String body) {
    return HttpResponse.of(HttpStatus.OK, MediaType.JSON, HttpData.ofUtf8(body));
  }

  private static HttpResponse invalid(List<Fault> faults) {
    var detail = String.join("; ", faults.stream().map(Fault::message).toList());
    return problem(HttpStatus.BAD_REQUEST, "Invalid query", detail, faults);
  }

  private static HttpResponse problem(
      HttpStatus status, String title, String detail, List<Fault> faults) {
    var body = TraceJson.problem(status.code(), title, detail, faults);
    return HttpResponse.of(status, PROBLEM, HttpData.ofUtf8(body));
  }
}
