package io.fairlead.traffic;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Rpc;
import io.fairlead.traffic.Route.Match;
import io.fairlead.traffic.Route.PathMatch;
import java.util.Comparator;
import java.util.Optional;

/**
 * A route, the document that it stands in, and what it has its place among others by. Immutable.
 *
 * <p>Routes are ordered as the Gateway API demands (HTTPRouteRule, matches): exact path, longest
 * prefix, method, number of headers, number of query parameters, then name of the document and
 * place in it. Templates and then regular expressions, whose order the API leaves open, stand
 * between exact paths and prefixes, the longer one first.
 *
 * <p>Those of a GRPCRoute (GRPCRouteRule, matches) are ordered by the characters of the service,
 * those of the method and the number of headers, then by name and place. Of services, and likewise
 * of methods, an expression comes after a name, however long it is, since it would otherwise take
 * everything from a name that it fits. Where routes of both kinds are under one host, which the
 * analysis refuses for one listener, those of GRPCRoutes come first.
 *
 * @param service at least 1 in a GRPCRoute and 0 in an HTTPRoute; more goes first
 * @param method likewise
 */
record PlacedRoute(
    HttpRoute document, Route route, int service, int method, Attachment attachment) {
  private static final Comparator<Match> PRECEDENCE =
      Comparator.<Match>comparingInt(m -> rank(m.path()))
          .thenComparingInt(m -> -length(m.path()))
          .thenComparingInt(m -> m.methods().isEmpty() ? 1 : 0)
          .thenComparingInt(m -> -m.headers().size())
          .thenComparingInt(m -> -m.query().size());

  /** By precedence; what is equal keeps its order, which is that of its document. */
  static final Comparator<PlacedRoute> ORDER =
      Comparator.<PlacedRoute>comparingInt(placed -> -placed.service)
          .thenComparingInt(placed -> -placed.method)
          .thenComparing(PlacedRoute::compareMatches)
          .thenComparing(placed -> placed.document.metadata().name());

  /** More than a name can be long. */
  private static final int LONG = 1 << 16;

  /**
   * Finds what the route has its place by.
   *
   * @param rpc of its match
   */
  static PlacedRoute of(HttpRoute document, Route route, Optional<Rpc> rpc, Attachment attachment) {
    return new PlacedRoute(
        document,
        route,
        rpc.map(own -> weight(own.form(), own.service())).orElse(0),
        rpc.map(own -> weight(own.form(), own.method())).orElse(0),
        attachment);
  }

  private static int weight(Rpc.Form form, String name) {
    boolean exact = form == Rpc.Form.EXACT && !name.isEmpty();
    return 1 + name.length() + (exact ? LONG : 0);
  }

  /** Of two routes of the same kind. */
  private static int compareMatches(PlacedRoute one, PlacedRoute other) {
    var match = one.route.match();
    var next = other.route.match();
    return one.service > 0
        ? Integer.compare(next.headers().size(), match.headers().size())
        : PRECEDENCE.compare(match, next);
  }

  private static int rank(PathMatch path) {
    return switch (path) {
      case PathMatch.Exact exact -> 0;
      case PathMatch.Template template -> 1;
      case PathMatch.Regex regex -> 2;
      case PathMatch.Prefix prefix -> 3;
    };
  }

  private static int length(PathMatch path) {
    return switch (path) {
      case PathMatch.Regex(var expression) -> expression.length();
      case PathMatch.Template(var template) -> template.length();
      case PathMatch.Exact(var value) -> value.length();
      case PathMatch.Prefix(var value) -> value.length();
    };
  }
}
