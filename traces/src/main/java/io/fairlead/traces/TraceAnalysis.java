package io.fairlead.traces;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a trace says about where the time went and where an error started. Immutable, and computed
 * from the trace alone.
 *
 * @param tree the spans in their places
 * @param criticalPath what determines how long the request takes, in the order of time
 * @param bottleneck what takes most of it
 * @param failing the span in which the error started, if anything failed
 * @param findings all of it in sentences
 */
public record TraceAnalysis(
    TraceTree tree,
    List<CriticalPath.Segment> criticalPath,
    Bottleneck bottleneck,
    Optional<Span> failing,
    List<String> findings) {

  public TraceAnalysis {
    criticalPath = List.copyOf(criticalPath);
    findings = List.copyOf(findings);
  }

  /** Analyses what is known of a trace. */
  public static TraceAnalysis of(Trace trace) {
    var tree = TraceTree.of(trace);
    var path = CriticalPath.of(tree);
    var bottleneck = Bottleneck.of(tree, path);
    var chain = FailingSpan.chain(tree);
    var findings = new ArrayList<String>();
    findings.add(bottleneck.sentence());
    if (!chain.isEmpty()) {
      findings.add(errorSentence(chain));
    }
    addDoubts(tree, findings);
    var failing = chain.stream().findFirst().map(TraceNode::span);
    return new TraceAnalysis(tree, path, bottleneck, failing, findings);
  }

  /** How long the request took, by its root. */
  public long durationNanos() {
    return tree.root().span().durationNanos();
  }

  private static String errorSentence(List<TraceNode> chain) {
    var origin = chain.getFirst().span();
    var reason = reason(origin);
    var passedOn = new LinkedHashSet<String>();
    chain.stream().skip(1).forEach(node -> passedOn.add(node.span().service()));
    passedOn.remove(origin.service());
    return "The error started in %s, %s%s%s."
        .formatted(
            origin.service(),
            origin.name(),
            reason.isEmpty() ? "" : ": " + reason,
            passedOn.isEmpty() ? "" : "; passed on by " + String.join(", ", passedOn));
  }

  /** The span's own words, else its exception, else the attribute that names the error. */
  private static String reason(Span span) {
    if (!span.statusMessage().isEmpty()) {
      return span.statusMessage();
    }
    for (SpanEvent event : span.events()) {
      var message = event.attributes().get("exception.message");
      if (event.name().equals("exception") && message != null) {
        return message.text();
      }
    }
    var type = span.attributes().get("error.type");
    var status = span.attributes().get("http.response.status_code");
    if (type != null) {
      return type.text();
    }
    return status == null ? "" : "HTTP " + status.text();
  }

  private static void addDoubts(TraceTree tree, List<String> findings) {
    long missing = tree.nodes().stream().filter(TraceNode::parentMissing).count();
    if (missing > 0) {
      findings.add(
          missing == 1
              ? "1 span names a parent that is not here: the trace is incomplete."
              : missing + " spans name parents that are not here: the trace is incomplete.");
    }
    var skews = new TreeMap<String, Long>();
    for (TraceNode node : tree.nodes()) {
      if (node.skewNanos() != 0) {
        skews.put(node.span().resource().clock(), node.skewNanos());
      }
    }
    skews.forEach(
        (clock, nanos) ->
            findings.add(
                String.format(
                    Locale.ROOT,
                    "The clock of %s is %s %s; its spans are shown corrected.",
                    clock,
                    DurationText.of(Math.abs(nanos)),
                    nanos > 0 ? "behind" : "ahead")));
  }
}
