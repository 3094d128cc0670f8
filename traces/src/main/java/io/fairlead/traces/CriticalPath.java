package io.fairlead.traces;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which work determines how long the whole request takes: shortening anything else would not make
 * it faster. The segments follow each other without gap or overlap from the start of the root to
 * its end.
 *
 * <p>Read backwards from the end of a span: the child that ended last before that point is what the
 * span waited for; between its end and that point the span worked itself; from the start of the
 * child on, the question is asked again. A child that was still running at that point did not have
 * to be waited for (after Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice
 * Architectures", USENIX ATC 2022).
 */
public final class CriticalPath {
  private CriticalPath() {}

  /**
   * Work of one span itself, on the path.
   *
   * @param span the span that works
   * @param startEpochNanos by the clock of the root
   * @param endEpochNanos by the clock of the root, above the start
   */
  public record Segment(Span span, long startEpochNanos, long endEpochNanos) {
    /** Length of the segment. */
    public long durationNanos() {
      return endEpochNanos - startEpochNanos;
    }
  }

  /** The path through the tree's root, in the order of time; empty if the root took no time. */
  public static List<Segment> of(TraceTree tree) {
    var backwards = new ArrayList<Segment>();
    var frames = new ArrayDeque<Frame>();
    frames.push(new Frame(tree, 0, tree.root().startEpochNanos(), tree.root().endEpochNanos()));
    while (!frames.isEmpty()) {
      var frame = frames.peek();
      var child = frame.nextWaitedFor();
      long from = child == null ? frame.start : child.end();
      if (from < frame.at) {
        backwards.add(new Segment(frame.span, from, frame.at));
      }
      if (child == null) {
        frames.pop();
      } else {
        frame.at = child.start();
        frames.push(new Frame(tree, child.node(), child.start(), child.end()));
      }
    }
    return backwards.reversed();
  }

  /** A child, cut to the time of its parent. */
  private record Child(int node, long start, long end) {}

  /** A span whose time from {@code start} to {@code at} is still to be explained. */
  private static final class Frame {
    final Span span;
    final long start;
    final Iterator<Child> latestEndFirst;
    long at;

    Frame(TraceTree tree, int node, long start, long end) {
      this.span = tree.nodes().get(node).span();
      this.start = start;
      this.at = end;
      this.latestEndFirst =
          tree.childrenOf(node).stream()
              .filter(child -> isWithin(tree.nodes().get(child), start, end))
              .map(child -> cut(tree.nodes().get(child), child, start, end))
              .sorted(Comparator.comparingLong(Child::end).reversed())
              .iterator();
    }

    @Nullable Child nextWaitedFor() {
      while (latestEndFirst.hasNext()) {
        var child = latestEndFirst.next();
        if (child.end() <= at) {
          return child;
        }
      }
      return null;
    }

    /** Nobody waits for the consumer of a message that is still at work when its sender ends. */
    private static boolean isWithin(TraceNode child, long start, long end) {
      boolean outlives = child.endEpochNanos() > end;
      return child.startEpochNanos() < end
          && child.endEpochNanos() > start
          && !(outlives && child.span().kind() == SpanKind.CONSUMER);
    }

    private static Child cut(TraceNode child, int node, long start, long end) {
      return new Child(
          node, Math.max(child.startEpochNanos(), start), Math.min(child.endEpochNanos(), end));
    }
  }
}
