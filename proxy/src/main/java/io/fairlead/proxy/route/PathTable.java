package io.fairlead.proxy.route;

import io.fairlead.proxy.http1.Head;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Numbers of routes by the path that theirs is, or begins with up to a slash. Immutable.
 *
 * <p>A path has as many leading segments that a route could name as it has slashes, so one pass
 * over its octets, which hashes them as it goes, meets every route whose path can fit.
 */
final class PathTable {
  private final CompiledRoute[] routes;
  private final int mask;

  /** By hash of the path: the number of the first route that names it and one, or 0. */
  private final int[] first;

  /** The path that all routes of the slot name. */
  private final byte[][] paths;

  /** By number of a route: that of the next one with the same path and one, or 0. */
  private final int[] next;

  /**
   * @param count of those that have their places here
   * @param which of the routes these are
   */
  PathTable(CompiledRoute[] routes, int count, Predicate<CompiledRoute> which) {
    this.routes = routes;
    int capacity = Integer.highestOneBit(Math.max(4, count * 4) - 1) << 1;
    mask = capacity - 1;
    first = new int[capacity];
    paths = new byte[capacity][];
    next = new int[routes.length];
    for (int i = routes.length - 1; i >= 0; i--) {
      if (which.test(routes[i])) {
        put(routes[i].match().path().start(), i);
      }
    }
  }

  /** Goes before those with the same path. */
  private void put(byte[] path, int number) {
    int hash = 0;
    for (byte octet : path) {
      hash = step(hash, octet);
    }
    int slot = slot(hash);
    while (first[slot] != 0 && !Arrays.equals(paths[slot], path)) {
      slot = slot + 1 & mask;
    }
    next[number] = first[slot];
    first[slot] = number + 1;
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
    for (int slot = slot(hash); first[slot] != 0; slot = slot + 1 & mask) {
      byte[] path = paths[slot];
      if (Arrays.equals(path, 0, path.length, head.path(), from, to)) {
        return firstOf(first[slot] - 1, head, best);
      }
    }
    return best;
  }

  private int firstOf(int begin, Head head, int best) {
    for (int number = begin; number >= 0 && number < best; number = next[number] - 1) {
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
