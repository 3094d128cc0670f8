package io.fairlead.proxy.trace;

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

  static void request(List<Attribute> attributes, Trace.Request request) {
    attributes.add(Attribute.of("http.request.method", request.method()));
    attributes.add(Attribute.of("url.path", request.path()));
    attributes.add(Attribute.of("server.address", request.server().host()));
    attributes.add(Attribute.of("server.port", request.server().port()));
    if (!request.rpc().isEmpty()) {
      int slash = request.rpc().indexOf('/');
      attributes.add(Attribute.of("rpc.system", "grpc"));
      attributes.add(Attribute.of("rpc.service", request.rpc().substring(0, slash)));
      attributes.add(Attribute.of("rpc.method", request.rpc().substring(slash + 1)));
    }
  }

  /** Without the query, since queries hold secrets too often. */
  static String url(Trace.Request request) {
    Trace.Server server = request.server();
    boolean usual = server.port() == usualPort(server.scheme());
    return server.scheme()
        + "://"
        + server.host()
        + (usual ? "" : ":" + server.port())
        + request.path();
  }

  static int usualPort(String scheme) {
    return scheme.equals("https") ? 443 : 80;
  }
}
