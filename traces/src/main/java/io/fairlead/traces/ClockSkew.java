package io.fairlead.traces;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the smallest correction of each clock that lets effects follow their causes. A call may not
 * begin before its caller; the server's side of an answered call lies within the client's. Clocks
 * are corrected as a whole, so spans of one host keep their distances.
 */
final class ClockSkew {
  private final List<Span> spans;
  private final int[] parents;
  private final Map<String, Long> corrections = new HashMap<>();
  private final Set<String> fixed = new HashSet<>();

  private ClockSkew(List<Span> spans, int[] parents) {
    this.spans = spans;
    this.parents = parents;
  }

  /** What is to be added to the times of each span. */
  static long[] corrections(List<Span> spans, int[] parents) {
    var skew = new ClockSkew(spans, parents);
    skew.fixClocksOfRoots();
    while (skew.fixClocksNextToFixedOnes()) {
      // Each round fixes at least one clock, so there are at most as many rounds as clocks.
    }
    long[] corrections = new long[spans.size()];
    Arrays.setAll(corrections, i -> skew.correction(spans.get(i)));
    return corrections;
  }

  /** How far a clock may be moved. */
  private static final class Room {
    long min = Long.MIN_VALUE;
    long max = Long.MAX_VALUE;

    /** Being after the cause is a law, being within the call only a custom. */
    long nearestToZero() {
      return Math.max(min, Math.min(max, 0));
    }
  }

  /** Without a cause to compare with, a clock is believed. */
  private void fixClocksOfRoots() {
    for (int i = 0; i < parents.length; i++) {
      if (parents[i] < 0) {
        fixed.add(spans.get(i).resource().clock());
      }
    }
  }

  private boolean fixClocksNextToFixedOnes() {
    var rooms = new HashMap<String, Room>();
    for (int i = 0; i < parents.length; i++) {
      if (parents[i] >= 0) {
        var parent = spans.get(parents[i]);
        var child = spans.get(i);
        var clock = child.resource().clock();
        if (fixed.contains(parent.resource().clock()) && !fixed.contains(clock)) {
          narrow(rooms.computeIfAbsent(clock, name -> new Room()), parent, child);
        }
      }
    }
    rooms.forEach((clock, room) -> corrections.put(clock, room.nearestToZero()));
    return fixed.addAll(rooms.keySet());
  }

  private void narrow(Room room, Span parent, Span child) {
    long parentStart = parent.startEpochNanos() + correction(parent);
    room.min = Math.max(room.min, parentStart - child.startEpochNanos());
    boolean answered =
        parent.kind() == SpanKind.CLIENT && child.kind() == SpanKind.SERVER && !parent.isError();
    if (answered && child.durationNanos() <= parent.durationNanos()) {
      long parentEnd = parent.endEpochNanos() + correction(parent);
      room.max = Math.min(room.max, parentEnd - child.endEpochNanos());
    }
  }

  private long correction(Span span) {
    return corrections.getOrDefault(span.resource().clock(), 0L);
  }
}
