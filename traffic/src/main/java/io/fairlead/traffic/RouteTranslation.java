package io.fairlead.traffic;

import io.fairlead.config.Difference;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.RouteFilter;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Route.Match;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.RouteAction.Forward;
import io.fairlead.traffic.RouteAction.PathRewrite;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** HTTPRoute and GRPCRoute documents to routes. Pure. */
final class RouteTranslation {
  /** From this share of all on, sorting is cheaper than finding the place of each new route. */
  private static final int MANY = 100;

  private final Policies policies;

  private final Documents documents;

  /** All routes in order of precedence. */
  private final List<PlacedRoute> order = new ArrayList<>();

  /** Of documents without a route. */
  private final Map<HttpRoute, Attachment> bare = new IdentityHashMap<>();

  private final Attachment.Shared attachments = new Attachment.Shared();

  /**
   * Translates the routes among the documents.
   *
   * @param before of earlier documents and the same settings: where nothing but routes has changed,
   *     documents that are still there keep the objects that were made of them
   */
  RouteTranslation(Documents documents, Policies policies, Optional<RouteTranslation> before) {
    this.policies = policies;
    this.documents = documents;
    var known = before.filter(earlier -> earlier.documents.differsInRoutesAlone(documents));
    known.ifPresent(
        earlier -> {
          order.addAll(earlier.order);
          bare.putAll(earlier.bare);
          // Those of which documents are gone are forgotten now and then.
          if (earlier.attachments.size() <= earlier.documents.routes().size()) {
            attachments.addAll(earlier.attachments);
          }
        });
    var those = known.map(earlier -> earlier.documents.routes()).orElse(List.of());
    var change = Difference.<HttpRoute>of(those, documents.routes());
    if (!change.removed().isEmpty()) {
      order.removeIf(placed -> change.removed().contains(placed.document()));
      change.removed().forEach(bare::remove);
    }
    add(change.added());
  }

  /** Whether it was made of the same objects. */
  boolean isOf(Documents others, Policies settings) {
    return documents == others && policies == settings;
  }

  private void add(List<HttpRoute> added) {
    var fresh = new ArrayList<PlacedRoute>();
    for (var document : added) {
      var routes = translate(document);
      fresh.addAll(routes);
      if (routes.isEmpty()) {
        bare.put(document, attachments.of(document));
      }
    }
    if (fresh.size() < order.size() / MANY) {
      fresh.forEach(this::insert);
    } else {
      order.addAll(fresh);
      order.sort(PlacedRoute.ORDER);
    }
  }

  /** Behind those that it is equal to, which come before it in its document. */
  private void insert(PlacedRoute placed) {
    int found = Collections.binarySearch(order, placed, PlacedRoute.ORDER);
    int place = found < 0 ? -1 - found : found + 1;
    while (place < order.size() && PlacedRoute.ORDER.compare(order.get(place), placed) == 0) {
      place++;
    }
    order.add(place, placed);
  }

  /**
   * The routes of each name in order of precedence; a name whose documents have none has none.
   *
   * @param names of hosts or services that want the routes of documents
   */
  SortedMap<String, List<Route>> by(Function<Attachment, Set<String>> names) {
    var byName = new TreeMap<String, List<Route>>();
    var known = new IdentityHashMap<Attachment, Set<String>>();
    for (var placed : order) {
      for (var name : known.computeIfAbsent(placed.attachment(), names)) {
        byName.computeIfAbsent(name, unused -> new ArrayList<>()).add(placed.route());
      }
    }
    for (var attachment : bare.values()) {
      names.apply(attachment).forEach(name -> byName.computeIfAbsent(name, n -> List.of()));
    }
    return byName;
  }

  /** What a document is called among those of both kinds; a name has no slash. */
  static String name(HttpRoute document) {
    return name(document.kind(), document.metadata().name());
  }

  /** Those of HTTPRoutes are the names alone. */
  static String name(String kind, String name) {
    return kind.equals("HTTPRoute") ? name : kind + "/" + name;
  }

  private List<PlacedRoute> translate(HttpRoute document) {
    var routes = new ArrayList<PlacedRoute>();
    var attachment = attachments.of(document);
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
        routes.add(PlacedRoute.of(document, route, rule.matches().get(m).rpc(), attachment));
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
}
