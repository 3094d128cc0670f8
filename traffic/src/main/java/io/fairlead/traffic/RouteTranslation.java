package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.Rpc;
import io.fairlead.config.Manifest.HttpRoute.RpcForm;
import io.fairlead.config.Manifest.RouteFilter;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Route.Match;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.RouteAction.Forward;
import io.fairlead.traffic.RouteAction.PathRewrite;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * HTTPRoute and GRPCRoute documents to routes. Pure.
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
 */
final class RouteTranslation {
  private static final Comparator<Match> PRECEDENCE =
      Comparator.<Match>comparingInt(m -> rank(m.path()))
          .thenComparingInt(m -> -length(m.path()))
          .thenComparingInt(m -> m.methods().isEmpty() ? 1 : 0)
          .thenComparingInt(m -> -m.headers().size())
          .thenComparingInt(m -> -m.query().size());
  private static final Comparator<Placed> ORDER =
      Comparator.<Placed>comparingInt(p -> -p.service())
          .thenComparingInt(p -> -p.method())
          .thenComparing(RouteTranslation::compare);

  /** More than a name can be long. */
  private static final int LONG = 1 << 16;

  private final Policies policies;

  /** All but the routes: what decides, beside a route's own document, what becomes of it. */
  private final List<Manifest> others;

  private final Map<HttpRoute, List<Placed>> translated = new IdentityHashMap<>();

  /**
   * Translates the routes among the documents.
   *
   * @param before of earlier documents and the same settings: where nothing but routes has changed,
   *     documents that are still there keep the objects that were made of them
   */
  RouteTranslation(List<Manifest> documents, Policies policies, Optional<RouteTranslation> before) {
    this.policies = policies;
    others = others(documents);
    var known =
        before
            .filter(earlier -> earlier.others.equals(others))
            .map(earlier -> earlier.translated)
            .orElse(Map.of());
    for (var document : documents) {
      if (document instanceof HttpRoute route) {
        var kept = known.get(route);
        translated.put(route, kept == null ? translate(route) : kept);
      }
    }
  }

  /** Whether these documents differ in nothing but routes. */
  boolean isOf(List<Manifest> documents) {
    return others(documents).equals(others);
  }

  private static List<Manifest> others(List<Manifest> documents) {
    return documents.stream().filter(document -> !(document instanceof HttpRoute)).toList();
  }

  /** The routes of several documents under one host, in order of precedence. */
  List<Route> routes(List<HttpRoute> documents) {
    var routes = new ArrayList<Placed>();
    documents.stream()
        .sorted(Comparator.comparing(document -> document.metadata().name()))
        .forEach(document -> routes.addAll(translated.getOrDefault(document, List.of())));
    routes.sort(ORDER);
    return routes.stream().map(Placed::route).toList();
  }

  /** What a document is called among those of both kinds; a name has no slash. */
  static String name(HttpRoute document) {
    return name(document.kind(), document.metadata().name());
  }

  /** Those of HTTPRoutes are the names alone. */
  static String name(String kind, String name) {
    return kind.equals("HTTPRoute") ? name : kind + "/" + name;
  }

  /**
   * A route with what a GRPCRoute is ordered by.
   *
   * @param service at least 1 in a GRPCRoute and 0 in an HTTPRoute; more goes first
   * @param method likewise
   */
  private record Placed(Route route, int service, int method) {
    Placed(Route route, Optional<Rpc> rpc) {
      this(
          route,
          rpc.map(own -> weight(own.form(), own.service())).orElse(0),
          rpc.map(own -> weight(own.form(), own.method())).orElse(0));
    }

    private static int weight(RpcForm form, String name) {
      boolean exact = form == RpcForm.EXACT && !name.isEmpty();
      return 1 + name.length() + (exact ? LONG : 0);
    }
  }

  private static int compare(Placed one, Placed other) {
    var match = one.route().match();
    var next = other.route().match();
    int byHeaders = Integer.compare(next.headers().size(), match.headers().size());
    return one.service() > 0 ? byHeaders : PRECEDENCE.compare(match, next);
  }

  private List<Placed> translate(HttpRoute document) {
    var routes = new ArrayList<Placed>();
    var name = name(document);
    for (int r = 0; r < document.rules().size(); r++) {
      var rule = document.rules().get(r);
      var requestHeaders = new ArrayList<RouteFilter.Headers>();
      var responseHeaders = new ArrayList<RouteFilter.Headers>();
      for (var filter : rule.filters()) {
        switch (filter) {
          case RouteFilter.RequestHeaders(var changes) -> requestHeaders.add(changes);
          case RouteFilter.ResponseHeaders(var changes) -> responseHeaders.add(changes);
          case RouteFilter.Redirect redirect -> {}
          case RouteFilter.Rewrite rewrite -> {}
          case RouteFilter.Mirror mirror -> {}
          case RouteFilter.Cors cors -> {}
        }
      }
      for (int m = 0; m < rule.matches().size(); m++) {
        var route =
            new Route(
                name + "[" + r + "." + m + "]",
                match(rule.matches().get(m)),
                action(document.form(), rule, policies.connections().upgrades(name)),
                changes(requestHeaders),
                changes(responseHeaders),
                resilience(name, rule),
                policies.keys(name),
                RouteFilterTranslation.filters(
                    rule, policies.routePolicy(name), policies.globalRateLimit(name)));
        routes.add(new Placed(route, rule.matches().get(m).rpc()));
      }
    }
    return routes;
  }

  /** The rule's own timeout and retries go before those of the policy on the document. */
  private ResilienceSettings resilience(String name, HttpRoute.Rule rule) {
    var settings = policies.route(name);
    if (rule.requestTimeout().isPresent()) {
      var timeout = settings.timeout().orElseGet(TimeoutSettings::defaults);
      settings = settings.withTimeout(timeout.withRequest(rule.requestTimeout().get()));
    }
    if (rule.retry().isPresent()) {
      settings = settings.withRetry(RouteFilterTranslation.retry(rule.retry().get()));
    }
    return settings;
  }

  private static Match match(HttpRoute.RouteMatch match) {
    var path =
        switch (match.pathForm()) {
          case EXACT -> new PathMatch.Exact(match.path());
          case PREFIX -> new PathMatch.Prefix(match.path());
          case REGULAR_EXPRESSION -> new PathMatch.Regex(match.path());
          case TEMPLATE -> new PathMatch.Template(match.path());
        };
    return new Match(
        path,
        match.methods(),
        match.headers().stream()
            .map(h -> RouteFilterTranslation.value(h.name().toLowerCase(Locale.ROOT), h))
            .toList(),
        match.query().stream().map(q -> RouteFilterTranslation.value(q.name(), q)).toList());
  }

  private static RouteAction action(
      HttpRoute.Form form, HttpRoute.Rule rule, Optional<Set<RouteAction.Upgrade>> upgrades) {
    Optional<String> host = Optional.empty();
    Optional<PathRewrite> path = Optional.empty();
    for (var filter : rule.filters()) {
      switch (filter) {
        case RouteFilter.Redirect redirect -> {
          return new RouteAction.Redirect(
              redirect.scheme(),
              redirect.host(),
              redirect.port(),
              redirect.path().map(RouteTranslation::rewrite),
              redirect.status());
        }
        case RouteFilter.Rewrite rewrite -> {
          host = rewrite.host();
          path = rewrite.path().map(RouteTranslation::rewrite);
        }
        case RouteFilter.RequestHeaders headers -> {}
        case RouteFilter.ResponseHeaders headers -> {}
        case RouteFilter.Mirror mirror -> {}
        case RouteFilter.Cors cors -> {}
      }
    }
    if (rule.backends().isEmpty()) {
      return new RouteAction.DirectResponse(withoutBackend(form), "the route has no backend\n");
    }
    var clusters =
        rule.backends().stream()
            .map(backend -> new WeightedCluster(backend.ref().name(), backend.weight()))
            .toList();
    return new Forward(clusters, path, host, upgrades);
  }

  /** The API wants 500 of an HTTPRoute, and UNAVAILABLE of a GRPCRoute, which is 503 in gRPC. */
  private static int withoutBackend(HttpRoute.Form form) {
    return switch (form) {
      case HTTP -> 500;
      case GRPC -> 503;
    };
  }

  private static PathRewrite rewrite(RouteFilter.PathChange change) {
    return switch (change.form()) {
      case PREFIX -> new PathRewrite.ReplacePrefix(change.value());
      case FULL -> new PathRewrite.ReplaceFull(change.value());
    };
  }

  private static HeaderChanges changes(List<RouteFilter.Headers> filters) {
    if (filters.isEmpty()) {
      return HeaderChanges.NONE;
    }
    return new HeaderChanges(
        filters.stream().flatMap(f -> f.set().stream()).map(RouteTranslation::field).toList(),
        filters.stream().flatMap(f -> f.add().stream()).map(RouteTranslation::field).toList(),
        filters.stream()
            .flatMap(f -> f.remove().stream())
            .map(name -> name.toLowerCase(Locale.ROOT))
            .toList());
  }

  private static HeaderChanges.Field field(HttpRoute.Header header) {
    return new HeaderChanges.Field(header.name().toLowerCase(Locale.ROOT), header.value());
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
