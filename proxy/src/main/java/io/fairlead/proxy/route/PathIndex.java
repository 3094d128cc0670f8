package io.fairlead.proxy.route;

import io.fairlead.proxy.http1.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The routes of a virtual host by their paths: finds the first one, in the order in which they were
 * given, that matches a request. Immutable.
 *
 * <p>A path has as many leading segments that a route could name as it has slashes, so one pass
 * over its octets, which hashes them as it goes, meets every route whose path fits. What it costs
 * grows with the length of the path and with the number of routes that name the same one, not with
 * the number of all routes.
 */
final class PathIndex {
  /** So many are tried one after the other, which is cheaper than hashing the path. */
  private static final int FEW = 8;

  private final CompiledRoute[] routes;
  private final int mask;

  /** By hash of the path: the numbers of the routes that name it, in their order. */
  private final int[][] buckets;

  /** The path that all routes of the bucket name. */
  private final byte[][] paths;

  PathIndex(List<CompiledRoute> inOrder) {
    routes = inOrder.toArray(CompiledRoute[]::new);
    Map<String, List<Integer>> byPath = new HashMap<>();
    for (int i = 0; i < routes.length; i++) {
      String path = routes[i].match().path();
      byPath.computeIfAbsent(path, unused -> new ArrayList<>()).add(i);
    }
    int capacity = Integer.highestOneBit(Math.max(4, byPath.size() * 4) - 1) << 1;
    mask = capacity - 1;
    buckets = new int[capacity][];
    paths = new byte[capacity][];
    byPath.forEach((path, numbers) -> put(RouteMatch.octets(path), numbers));
  }

  private void put(byte[] path, List<Integer> numbers) {
    int hash = 0;
    for (byte octet : path) {
      hash = step(hash, octet);
    }
    int slot = slot(hash);
    while (buckets[slot] != null) {
      slot = slot + 1 & mask;
    }
    buckets[slot] = numbers.stream().mapToInt(Integer::intValue).toArray();
    paths[slot] = path;
  }

  @Nullable CompiledRoute find(Head head) {
    if (routes.length <= FEW) {
      for (CompiledRoute route : routes) {
        if (route.match().matches(head)) {
          return route;
        }
      }
      return null;
    }
    int first = search(head);
    return first == routes.length ? null : routes[first];
  }

  private int search(Head head) {
    byte[] octets = head.path();
    int from = head.pathFrom();
    int to = head.pathTo();
    int best = routes.length;
    int hash = 0;
    for (int i = from; i < to; i++) {
      if (octets[i] == '/') {
        best = first(head, hash, i, best);
      }
      hash = step(hash, octets[i]);
    }
    return first(head, hash, to, best);
  }

  /** The first matching route among those that name the path up to here, or the best so far. */
  private int first(Head head, int hash, int to, int best) {
    int from = head.pathFrom();
    for (int slot = slot(hash); buckets[slot] != null; slot = slot + 1 & mask) {
      byte[] path = paths[slot];
      if (Arrays.equals(path, 0, path.length, head.path(), from, to)) {
        return firstOf(buckets[slot], head, best);
      }
    }
    return best;
  }

  private int firstOf(int[] numbers, Head head, int best) {
    for (int number : numbers) {
      if (number >= best) {
        return best;
      }
      if (routes[number].match().matches(head)) {
        return number;
      }
    }
    return best;
  }

  private static int step(int hash, byte octet) {
    return 31 * hash + octet;
  }

  private int slot(int hash) {
    int mixed = hash * 0x9E37_79B9;
    return (mixed ^ mixed >>> 15) & mask;
  }
}
