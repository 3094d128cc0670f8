package io.fairlead.proxy.route;

import io.fairlead.proxy.http1.Head;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routes of a virtual host by their paths: finds the first one, in the order in which they were
 * given, that matches a request. Immutable.
 *
 * <p>What a look-up costs grows with the length of the path and with the number of routes that name
 * the same one, not with the number of all routes. Regular expressions cost more than anything
 * else, so they are tried last, and only those that stand before what was found: one whose text
 * begins with plain segments for paths with these segments, another one for every path.
 */
final class PathIndex {
  /** So many are tried one after the other, which is cheaper than hashing the path. */
  private static final int FEW = 8;

  private final CompiledRoute[] routes;
  private final @Nullable PathTable plain;
  private final @Nullable PathTable expressions;

  PathIndex(List<CompiledRoute> inOrder) {
    routes = inOrder.toArray(CompiledRoute[]::new);
    if (routes.length <= FEW) {
      plain = null;
      expressions = null;
      return;
    }
    int others = 0;
    for (CompiledRoute route : routes) {
      others += isExpression(route) ? 1 : 0;
    }
    plain = new PathTable(routes, routes.length - others, route -> !isExpression(route));
    expressions = others == 0 ? null : new PathTable(routes, others, PathIndex::isExpression);
  }

  private static boolean isExpression(CompiledRoute route) {
    return route.match().path() instanceof PathCondition.Regex;
  }

  @Nullable CompiledRoute find(Head head) {
    if (plain == null) {
      for (CompiledRoute route : routes) {
        if (route.match().matches(head)) {
          return route;
        }
      }
      return null;
    }
    int first = plain.search(head, routes.length);
    if (expressions != null && first > 0) {
      first = expressions.search(head, first);
    }
    return first == routes.length ? null : routes[first];
  }
}
