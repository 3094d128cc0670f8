package io.fairlead.traces;

/**
 * A span in its place in the tree. Immutable.
 *
 * @param span what was told
 * @param parent index of the parent in the tree, -1 for a root
 * @param depth 0 for a root
 * @param skewNanos what was added to the span's times because its host's clock differs
 * @param parentMissing whether the span names a parent that is not here
 */
public record TraceNode(Span span, int parent, int depth, long skewNanos, boolean parentMissing) {
  /** Start by the clock of the root. */
  public long startEpochNanos() {
    return span.startEpochNanos() + skewNanos;
  }

  /** End by the clock of the root. */
  public long endEpochNanos() {
    return span.endEpochNanos() + skewNanos;
  }
}
