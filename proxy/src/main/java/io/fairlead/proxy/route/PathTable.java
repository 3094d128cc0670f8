package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.http1.Head;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Numbers of routes by the path that theirs is, or begins with up to a slash. Immutable.
 *
 * <p>A path has as many leading segments that a route could name as it has slashes, so one pass
 * over its octets, which hashes them as it goes, meets every route whose path can fit.
 */
final class PathTable {
  private final CompiledRoute[] routes;
  private final int mask;

  /** By hash of the path: the numbers of the routes that name it, in their order. */
  private final int[][] buckets;

  /** The path that all routes of the bucket name. */
  private final byte[][] paths;

  PathTable(CompiledRoute[] routes, Map<String, List<Integer>> byStart) {
    this.routes = routes;
    int capacity = Integer.highestOneBit(Math.max(4, byStart.size() * 4) - 1) << 1;
    mask = capacity - 1;
    buckets = new int[capacity][];
    paths = new byte[capacity][];
    byStart.forEach((path, numbers) -> put(path.getBytes(UTF_8), numbers));
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

  /** The first route before {@code bound} that matches, or {@code bound}. */
  int search(Head head, int bound) {
    byte[] octets = head.path();
    int from = head.pathFrom();
    int to = head.pathTo();
    int best = bound;
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
