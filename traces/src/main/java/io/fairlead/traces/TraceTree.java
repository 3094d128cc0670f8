package io.fairlead.traces;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The spans of a trace as a forest in the order of a reader: each node before its children, these
 * by their start. Immutable. A span whose parent is not here becomes a root; a circle of parents is
 * cut at its earliest span. The first node is the root of the request as far as it is known.
 */
public final class TraceTree {
  private static final int NONE = -1;

  private final List<TraceNode> nodes;
  private final List<List<Integer>> children;

  private TraceTree(List<TraceNode> nodes) {
    this.nodes = List.copyOf(nodes);
    this.children = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      children.add(new ArrayList<>());
      if (nodes.get(i).parent() >= 0) {
        children.get(nodes.get(i).parent()).add(i);
      }
    }
  }

  /** The tree of what is known of a trace, times corrected for clocks that differ. */
  public static TraceTree of(Trace trace) {
    var spans = trace.spans();
    int[] parents = parents(spans);
    cutCircles(parents);
    return new TraceTree(inOrder(spans, parents, ClockSkew.corrections(spans, parents)));
  }

  /** All nodes, each before its children. */
  public List<TraceNode> nodes() {
    return nodes;
  }

  /** The node that stands for the whole request. */
  public TraceNode root() {
    return nodes.getFirst();
  }

  /** Indices of the children, by their start. */
  public List<Integer> childrenOf(int index) {
    return List.copyOf(children.get(index));
  }

  /** Earliest start of all nodes. */
  public long startEpochNanos() {
    return nodes.stream().mapToLong(TraceNode::startEpochNanos).min().orElseThrow();
  }

  /** Latest end of all nodes. */
  public long endEpochNanos() {
    return nodes.stream().mapToLong(TraceNode::endEpochNanos).max().orElseThrow();
  }

  /**
   * Index of each span's parent. Older B3 clients give both sides of a call one id: then the
   * server's side is the child of the client's, and the parent of what follows.
   */
  private static int[] parents(List<Span> spans) {
    var servers = new HashMap<Long, Integer>();
    var others = new HashMap<Long, Integer>();
    for (int i = 0; i < spans.size(); i++) {
      var span = spans.get(i);
      (span.kind() == SpanKind.SERVER ? servers : others).putIfAbsent(span.spanId(), i);
    }
    int[] parents = new int[spans.size()];
    for (int i = 0; i < parents.length; i++) {
      var span = spans.get(i);
      Integer otherSide = span.kind() == SpanKind.SERVER ? others.get(span.spanId()) : null;
      Integer parent = otherSide;
      if (parent == null && span.parentSpanId() != 0) {
        parent = servers.getOrDefault(span.parentSpanId(), others.get(span.parentSpanId()));
      }
      parents[i] = parent == null ? NONE : parent;
    }
    return parents;
  }

  /** Spans are sorted by start, so a circle is cut where it is entered first: at its earliest. */
  private static void cutCircles(int[] parents) {
    int[] walkedBy = new int[parents.length];
    Arrays.fill(walkedBy, NONE);
    for (int start = 0; start < parents.length; start++) {
      int at = start;
      while (at != NONE && walkedBy[at] == NONE) {
        walkedBy[at] = start;
        at = parents[at];
      }
      if (at != NONE && walkedBy[at] == start) {
        parents[at] = NONE;
      }
    }
  }

  private static List<TraceNode> inOrder(List<Span> spans, int[] parents, long[] skews) {
    var byStart =
        Comparator.<Integer>comparingLong(i -> spans.get(i).startEpochNanos() + skews[i])
            .thenComparing(Comparator.naturalOrder());
    Map<Integer, List<Integer>> children = new HashMap<>();
    for (int i = 0; i < parents.length; i++) {
      children.computeIfAbsent(parents[i], parent -> new ArrayList<>()).add(i);
    }
    children.values().forEach(list -> list.sort(byStart));
    var roots = children.getOrDefault(NONE, List.of());
    roots.sort(
        Comparator.<Integer, Boolean>comparing(i -> spans.get(i).parentSpanId() != 0)
            .thenComparing(byStart));

    /** A span that waits for its place below a node that has one. */
    record Waiting(int span, int parentNode) {}
    var stack = new ArrayDeque<Waiting>();
    roots.reversed().forEach(root -> stack.push(new Waiting(root, NONE)));
    var nodes = new ArrayList<TraceNode>();
    while (!stack.isEmpty()) {
      var next = stack.pop();
      var span = spans.get(next.span());
      int depth = next.parentNode() == NONE ? 0 : nodes.get(next.parentNode()).depth() + 1;
      boolean missing = next.parentNode() == NONE && span.parentSpanId() != 0;
      int node = nodes.size();
      nodes.add(new TraceNode(span, next.parentNode(), depth, skews[next.span()], missing));
      for (int child : children.getOrDefault(next.span(), List.of()).reversed()) {
        stack.push(new Waiting(child, node));
      }
    }
    return nodes;
  }
}
