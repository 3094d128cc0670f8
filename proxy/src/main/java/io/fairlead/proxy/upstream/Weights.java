package io.fairlead.proxy.upstream;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.SlowStart;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The weights of the endpoints that a loop picks among, which grow while endpoints start slowly.
 * Belongs to its loop.
 */
final class Weights {
  /** Parts of a weight of 1 where weights may grow. */
  private static final int PARTS = 100;

  private final Loop loop;
  private final int[] whole;
  private final int[] present;
  private final int[] cumulative;
  private final @Nullable SlowStart slowStart;
  private final long[] since;
  private boolean equal;
  private boolean growing;
  private long nextNanos;

  /**
   * @param states of the pools, in their order; empty if nothing is known of them
   */
  Weights(
      Loop loop, EndpointPool[] pools, @Nullable SlowStart slowStart, List<EndpointState> states) {
    this.loop = loop;
    this.slowStart = slowStart;
    whole = Arrays.stream(pools).mapToInt(EndpointPool::weight).toArray();
    present = whole.clone();
    cumulative = new int[whole.length];
    since = states.stream().mapToLong(EndpointState::usableSinceNanos).toArray();
    if (slowStart != null && since.length > 0) {
      grow(slowStart, loop.nanos());
    } else {
      add();
    }
  }

  private void add() {
    int sum = 0;
    equal = true;
    for (int i = 0; i < present.length; i++) {
      sum = Math.addExact(sum, present[i]);
      cumulative[i] = sum;
      equal &= present[i] == present[0];
    }
  }

  /** Brings the weights up to date; to be called before they are used. */
  void refresh() {
    if (growing && slowStart != null) {
      long now = loop.nanos();
      if (now - nextNanos >= 0) {
        grow(slowStart, now);
      }
    }
  }

  private void grow(SlowStart start, long now) {
    long window = start.window().toNanos();
    growing = false;
    for (int i = 0; i < present.length; i++) {
      double share = 1;
      if (now - since[i] < window) {
        growing = true;
        double time = Math.max(0, now - since[i]) / (double) window;
        share = Math.max(start.minWeightPercent() / 100, Math.pow(time, 1 / start.aggression()));
      }
      present[i] = Math.max(1, (int) Math.round(whole[i] * PARTS * share));
    }
    nextNanos = now + Math.max(1, window / PARTS);
    add();
  }

  boolean areEqual() {
    return equal;
  }

  int of(int place) {
    return present[place];
  }

  int sum() {
    return cumulative[cumulative.length - 1];
  }

  /** A random place, in proportion to the weights. */
  int sample() {
    if (equal) {
      return loop.random(present.length);
    }
    int found = Arrays.binarySearch(cumulative, loop.random(sum()));
    // A point equal to a sum belongs to the endpoint behind it.
    return found >= 0 ? found + 1 : -found - 1;
  }
}
