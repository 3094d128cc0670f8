package io.fairlead.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.fairlead.discovery.CatalogJson;
import io.fairlead.discovery.Fault;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.InvalidInstanceException;
import io.fairlead.discovery.Problem;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.discovery.ServiceView;
import io.fairlead.registry.WriteResult.Effect;
import io.fairlead.registry.WriteResult.Refused;
import io.fairlead.registry.WriteResult.Written;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The registry's native HTTP API. Paths:
 *
 * <pre>
 * PUT    /v1/services/{service}/instances/{id}             register or change: 201 or 200
 * GET    /v1/services/{service}/instances/{id}             one instance
 * DELETE /v1/services/{service}/instances/{id}             deregister: 204, also if unknown
 * POST   /v1/services/{service}/instances/{id}/heartbeat   204, or 404: register again
 * GET    /v1/services                                      names, versions, sizes
 * GET    /v1/services/{service}                            one service
 * GET    /v1/catalog                                       everything
 * GET    /v1/watch?service=NAME&amp;from=VERSION&amp;catalog=ID    text/event-stream
 * </pre>
 *
 * <p>Every error is a {@link Problem}. Never blocks an event loop on the store.
 */
public final class RegistryHttp {
  private static final MediaType PROBLEM = MediaType.parse(Problem.MEDIA_TYPE);
  private static final String RETRY_SECONDS = "1";

  /** How long an unread body may go on arriving after its answer. */
  private static final Duration UNREAD_BODY = Duration.ofSeconds(5);

  private final Catalog catalog;
  private final int maxBodyBytes;
  private final WatchStreams watches;

  RegistryHttp(RegistrySettings settings, Catalog catalog) {
    this.catalog = catalog;
    this.maxBodyBytes = settings.maxBodyBytes();
    this.watches = new WatchStreams(settings, catalog.published());
  }

  /**
   * Adds the paths to a server that is being built, which from then on lets a refused request's
   * body arrive: a stream reset behind its answer makes clients lose the answer.
   */
  public void mountOn(ServerBuilder server) {
    server.requestAutoAbortDelay(UNREAD_BODY);
    server.service("/v1/services/{service}/instances/{id}", guarded(this::instance));
    server.service("/v1/services/{service}/instances/{id}/heartbeat", guarded(this::heartbeat));
    server.service("/v1/services", guarded(this::services));
    server.service("/v1/services/{service}", guarded(this::service));
    server.service("/v1/catalog", guarded(this::everything));
    server.service("/v1/watch", guarded(this::watch));
  }

  /** Watches open now. */
  int watchCount() {
    return watches.open();
  }

  private HttpResponse instance(ServiceRequestContext ctx, HttpRequest request) {
    var key = key(ctx);
    return switch (ctx.method()) {
      case PUT -> HttpResponse.of(request.aggregate().thenCompose(whole -> put(key, whole)));
      case DELETE -> answer(catalog.deregister(key), written -> noContent());
      case GET -> get(key);
      default -> notAllowed(ctx, "GET, PUT, DELETE");
    };
  }

  private CompletionStage<HttpResponse> put(InstanceKey key, AggregatedHttpRequest whole) {
    var request = CatalogJson.readRegistration(key, whole.content().array());
    return catalog
        .register(request)
        .thenApply(result -> respond(result, written -> receipt(request, written)));
  }

  /** Names of services and ids need no escapes: their rules permit no character that does. */
  private static HttpResponse receipt(RegistrationRequest request, Written written) {
    var key = request.instance().key();
    var text =
        "{\"service\":\"%s\",\"id\":\"%s\",\"version\":%d,\"leaseSeconds\":%d}"
            .formatted(key.service(), key.id(), written.version(), request.lease().toSeconds());
    var status = written.effect() == Effect.CREATED ? HttpStatus.CREATED : HttpStatus.OK;
    return HttpResponse.of(status, MediaType.JSON, HttpData.ofUtf8(text));
  }

  private HttpResponse get(InstanceKey key) {
    return catalog
        .published()
        .service(key.service())
        .flatMap(view -> Optional.ofNullable(view.instances().get(key.id())))
        .map(instance -> json(CatalogJson.instance(instance)))
        .orElseGet(() -> unknown(key.toString()));
  }

  private HttpResponse heartbeat(ServiceRequestContext ctx, HttpRequest request) {
    if (ctx.method() != HttpMethod.POST) {
      return notAllowed(ctx, "POST");
    }
    var key = key(ctx);
    return catalog.heartbeat(key) ? noContent() : unknown(key.toString());
  }

  private HttpResponse services(ServiceRequestContext ctx, HttpRequest request) {
    if (ctx.method() != HttpMethod.GET) {
      return notAllowed(ctx, "GET");
    }
    var snapshot = catalog.published().snapshot();
    var services =
        snapshot.services().values().stream()
            .map(RegistryHttp::summary)
            .collect(Collectors.joining(","));
    var text = "{\"version\":%d,\"services\":[%s]}".formatted(snapshot.version(), services);
    return json(text.getBytes(UTF_8));
  }

  private static String summary(ServiceView view) {
    long up =
        view.instances().values().stream().filter(i -> i.status().name().equals("UP")).count();
    return "{\"service\":\"%s\",\"version\":%d,\"instances\":%d,\"up\":%d}"
        .formatted(view.service(), view.version(), view.instances().size(), up);
  }

  private HttpResponse service(ServiceRequestContext ctx, HttpRequest request) {
    if (ctx.method() != HttpMethod.GET) {
      return notAllowed(ctx, "GET");
    }
    var name = String.valueOf(ctx.pathParam("service"));
    return catalog
        .published()
        .service(name)
        .map(view -> json(CatalogJson.service(view)))
        .orElseGet(() -> unknown(name));
  }

  private HttpResponse everything(ServiceRequestContext ctx, HttpRequest request) {
    return ctx.method() == HttpMethod.GET
        ? json(CatalogJson.snapshot(catalog.published().snapshot()))
        : notAllowed(ctx, "GET");
  }

  private HttpResponse watch(ServiceRequestContext ctx, HttpRequest request) {
    return ctx.method() == HttpMethod.GET ? watches.open(ctx) : notAllowed(ctx, "GET");
  }

  /** Turns whatever goes wrong on the way into a problem. */
  private HttpService guarded(HttpService service) {
    return (ctx, request) -> {
      ctx.setMaxRequestLength(maxBodyBytes);
      try {
        return service.serve(ctx, request).recover(this::problem);
      } catch (InvalidInstanceException e) {
        return problem(e);
      }
    };
  }

  private HttpResponse problem(Throwable thrown) {
    return switch (Exceptions.peel(thrown)) {
      case InvalidInstanceException e -> problem(Problem.invalid(e.faults()));
      case ContentTooLargeException _ -> tooLarge();
      case HttpStatusException e when e.getCause() instanceof ContentTooLargeException ->
          tooLarge();
      case Throwable e -> HttpResponse.ofFailure(e);
    };
  }

  private HttpResponse tooLarge() {
    var fault = new Fault("body", "longer", "must be at most " + maxBodyBytes + " bytes");
    return problem(new Problem(413, "Body too large", fault.message(), List.of(fault)));
  }

  private static HttpResponse answer(
      CompletionStage<WriteResult> result, Function<Written, HttpResponse> success) {
    return HttpResponse.of(result.thenApply(done -> respond(done, success)));
  }

  private static HttpResponse respond(WriteResult result, Function<Written, HttpResponse> success) {
    return switch (result) {
      case Written written -> success.apply(written);
      case Refused(var problem) -> problem(problem);
    };
  }

  private static InstanceKey key(ServiceRequestContext ctx) {
    return new InstanceKey(
        String.valueOf(ctx.pathParam("service")), String.valueOf(ctx.pathParam("id")));
  }

  private static HttpResponse json(byte[] body) {
    return HttpResponse.of(HttpStatus.OK, MediaType.JSON, HttpData.wrap(body));
  }

  private static HttpResponse noContent() {
    return HttpResponse.of(HttpStatus.NO_CONTENT);
  }

  private static HttpResponse unknown(String what) {
    return problem(Problem.of(404, "Not registered", what + " is not registered"));
  }

  private static HttpResponse notAllowed(ServiceRequestContext ctx, String allowed) {
    var problem =
        Problem.of(
            405, "Method not allowed", ctx.method() + " is not supported here, " + allowed + " is");
    var headers =
        ResponseHeaders.builder(HttpStatus.METHOD_NOT_ALLOWED)
            .contentType(PROBLEM)
            .set(HttpHeaderNames.ALLOW, allowed)
            .build();
    return HttpResponse.of(headers, HttpData.wrap(CatalogJson.problem(problem)));
  }

  static HttpResponse problem(Problem problem) {
    var headers = ResponseHeaders.builder(problem.status()).contentType(PROBLEM);
    if (problem.status() == HttpStatus.SERVICE_UNAVAILABLE.code()) {
      headers.set(HttpHeaderNames.RETRY_AFTER, RETRY_SECONDS);
    }
    return HttpResponse.of(headers.build(), HttpData.wrap(CatalogJson.problem(problem)));
  }
}
