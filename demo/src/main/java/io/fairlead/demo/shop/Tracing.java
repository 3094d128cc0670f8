package io.fairlead.demo.shop;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Spans of the application, with the OpenTelemetry SDK as any application has them. Safe for use by
 * many threads.
 */
final class Tracing {
  private static final W3CTraceContextPropagator PROPAGATOR =
      W3CTraceContextPropagator.getInstance();

  private final Tracer tracer;

  private Tracing(Tracer tracer) {
    this.tracer = tracer;
  }

  /** Exports to the endpoint; without one spans are made and go nowhere. */
  static Tracing of(String service, Optional<String> endpoint) {
    var name = AttributeKey.stringKey("service.name");
    var provider =
        SdkTracerProvider.builder().setResource(Resource.create(Attributes.of(name, service)));
    if (endpoint.isPresent()) {
      var exporter =
          OtlpHttpSpanExporter.builder().setEndpoint(endpoint.get() + "/v1/traces").build();
      provider.addSpanProcessor(
          BatchSpanProcessor.builder(exporter).setScheduleDelay(Duration.ofMillis(200)).build());
    }
    var built = provider.build();
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(built::close));
    return new Tracing(built.get("io.fairlead.demo"));
  }

  /** Runs the handler of a request inside its span. */
  HttpApp.Answer serve(
      String operation,
      Function<String, @Nullable String> header,
      Callable<HttpApp.Answer> handler) {
    var parent = PROPAGATOR.extract(Context.root(), header, new HeaderGetter());
    var span =
        tracer.spanBuilder(operation).setParent(parent).setSpanKind(SpanKind.SERVER).startSpan();
    try (var scope = span.makeCurrent()) {
      var answer = handler.call();
      span.setAttribute("http.response.status_code", answer.status());
      if (answer.status() >= 500) {
        span.setStatus(StatusCode.ERROR);
      }
      return answer;
    } catch (Exception failed) {
      span.recordException(failed);
      span.setStatus(StatusCode.ERROR, failed.toString());
      var body = HttpApp.object().put("error", failed.toString());
      return new HttpApp.Answer(500, body);
    } finally {
      span.end();
    }
  }

  /** Gives the headers of the current span to a call. */
  static void propagate(HttpRequest.Builder request) {
    PROPAGATOR.inject(
        Context.current(), request, (carrier, name, value) -> request.header(name, value));
  }

  static void event(String name) {
    Span.current().addEvent(name);
  }

  static void tag(String name, String value) {
    Span.current().setAttribute(name, value);
  }

  private static final class HeaderGetter
      implements TextMapGetter<Function<String, @Nullable String>> {
    @Override
    public Iterable<String> keys(Function<String, @Nullable String> carrier) {
      return List.of("traceparent", "tracestate");
    }

    @Override
    public @Nullable String get(@Nullable Function<String, @Nullable String> carrier, String key) {
      return carrier == null ? null : carrier.apply(key);
    }
  }
}
