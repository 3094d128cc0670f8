package io.fairlead.proxy.trace;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Trace;
import io.fairlead.telemetry.Attribute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the spans of both sides say alike. Stateless. */
final class SpanTexts {
  private SpanTexts() {}

  /** Method and route, as few distinct values as there are routes. */
  static String name(Trace.Request request, @Nullable MatchedRoute route) {
    String method = request.method().equals("_OTHER") ? "HTTP" : request.method();
    return route == null ? method : method + " " + route.name();
  }

  /**
   * The status of a call of gRPC.
   *
   * @see <a href="https://opentelemetry.io/docs/specs/semconv/rpc/grpc/">OpenTelemetry's
   *     conventions for gRPC</a>
   */
  static void call(List<Attribute> attributes, GrpcCode code) {
    attributes.add(Attribute.of("rpc.system", "grpc"));
    attributes.add(Attribute.of("rpc.grpc.status_code", code.number()));
  }

  static void request(List<Attribute> attributes, Trace.Request request) {
    attributes.add(Attribute.of("http.request.method", request.method()));
    attributes.add(Attribute.of("url.path", request.path()));
    attributes.add(Attribute.of("server.address", request.host()));
  }
}
