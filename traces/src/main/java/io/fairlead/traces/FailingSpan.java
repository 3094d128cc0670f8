package io.fairlead.traces;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the span in which the error of a trace started. */
final class FailingSpan {
  private FailingSpan() {}

  /**
   * The chain of failed spans from the one in which the error started up to the first that shows
   * it; empty if nothing failed. Going down from there, of several failures below a failed span the
   * one that ended last is its cause: those before it were survived, by a retry for example.
   */
  static List<TraceNode> chain(TraceTree tree) {
    var failure = top(tree);
    var chain = new ArrayList<TraceNode>();
    while (failure.isPresent()) {
      chain.add(tree.nodes().get(failure.get()));
      failure = latestFailureBelow(tree, failure.get());
    }
    return chain.reversed();
  }

  /** The root if it failed, else the earliest failure that no failed span contains. */
  private static Optional<Integer> top(TraceTree tree) {
    var nodes = tree.nodes();
    int earliest = -1;
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).span().isError() && !hasFailedAncestor(tree, i)) {
        boolean first =
            earliest < 0 || nodes.get(i).startEpochNanos() < nodes.get(earliest).startEpochNanos();
        if (i == 0) {
          return Optional.of(i);
        }
        earliest = first ? i : earliest;
      }
    }
    return earliest < 0 ? Optional.empty() : Optional.of(earliest);
  }

  private static boolean hasFailedAncestor(TraceTree tree, int node) {
    for (int at = tree.nodes().get(node).parent(); at >= 0; at = tree.nodes().get(at).parent()) {
      if (tree.nodes().get(at).span().isError()) {
        return true;
      }
    }
    return false;
  }

  /** Nodes stand before their children, so the subtree is what follows at a greater depth. */
  private static Optional<Integer> latestFailureBelow(TraceTree tree, int node) {
    var nodes = tree.nodes();
    int depth = nodes.get(node).depth();
    int latest = -1;
    int i = node + 1;
    while (i < nodes.size() && nodes.get(i).depth() > depth) {
      boolean failed = nodes.get(i).span().isError();
      boolean later =
          latest < 0 || nodes.get(i).endEpochNanos() > nodes.get(latest).endEpochNanos();
      if (failed && later) {
        latest = i;
      }
      i = failed ? endOfSubtree(nodes, i) : i + 1;
    }
    return latest < 0 ? Optional.empty() : Optional.of(latest);
  }

  private static int endOfSubtree(List<TraceNode> nodes, int node) {
    int i = node + 1;
    while (i < nodes.size() && nodes.get(i).depth() > nodes.get(node).depth()) {
      i++;
    }
    return i;
  }
}
