package io.fairlead.traces;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Draws a trace for a terminal: one line per span with its place on a common time line. In front,
 * {@code *} marks spans on the critical path, {@code !} the span in which the error started and
 * {@code x} other failed ones; in the bars, {@code =} is work on the critical path and {@code -}
 * the rest. Pure.
 */
public final class Waterfall {
  private static final int MIN_WIDTH = 60;
  private static final int MARKS = 3;
  private static final int DURATION = 8;
  private static final int MIN_BAR = 12;
  private static final int MAX_SERVICE = 20;
  private static final int GAPS = 4;

  private final Settings settings;
  private final TraceAnalysis analysis;
  private final TraceTree tree;
  private final Map<Long, List<CriticalPath.Segment>> critical = new HashMap<>();
  private final int serviceWidth;
  private final int nameWidth;
  private final int barWidth;
  private final long start;
  private final double nanosPerColumn;

  private Waterfall(TraceAnalysis analysis, Settings settings) {
    this.settings = settings;
    this.analysis = analysis;
    this.tree = analysis.tree();
    for (var segment : analysis.criticalPath()) {
      critical.computeIfAbsent(segment.span().spanId(), id -> new ArrayList<>()).add(segment);
    }
    int service = widest(tree.nodes().stream().mapToInt(node -> node.span().service().length()));
    int name = widest(tree.nodes().stream().mapToInt(node -> indented(node).length()));
    int room = settings.width() - MARKS - DURATION - MIN_BAR - GAPS;
    serviceWidth = Math.min(Math.min(service, MAX_SERVICE), room / 3);
    nameWidth = Math.min(name, Math.min(room - serviceWidth, settings.width() * 2 / 5));
    barWidth = settings.width() - MARKS - serviceWidth - nameWidth - DURATION - GAPS;
    start = tree.startEpochNanos();
    nanosPerColumn = Math.max(tree.endEpochNanos() - start, 1) / (double) barWidth;
  }

  /**
   * How to draw.
   *
   * @param width characters of a line, at least 60
   * @param palette plain or in colours
   * @param maxSpans most spans drawn; those on the critical path and the failed ones come first
   */
  public record Settings(int width, Palette palette, int maxSpans) {
    public Settings {
      if (width < MIN_WIDTH) {
        throw new IllegalArgumentException("width: must be at least 60, was " + width);
      }
      if (maxSpans < 1) {
        throw new IllegalArgumentException("maxSpans: must be at least 1, was " + maxSpans);
      }
    }
  }

  /** The lines of the picture, without line ends. */
  public static List<String> draw(TraceAnalysis analysis, Settings settings) {
    return new Waterfall(analysis, settings).draw();
  }

  private List<String> draw() {
    var lines = new ArrayList<String>();
    lines.add(settings.palette().strong(header()));
    var shown = shown();
    for (int index : shown) {
      lines.add(line(tree.nodes().get(index)));
    }
    int hidden = tree.nodes().size() - shown.size();
    if (hidden > 0) {
      lines.add(settings.palette().quiet("   ... and " + hidden + " more spans"));
    }
    lines.add("");
    lines.add(
        settings.palette().quiet("* critical path (= in the bars)   ! error started   x failed"));
    analysis.findings().forEach(finding -> lines.add(Columns.safe(finding)));
    return lines;
  }

  private String header() {
    var summary = tree.nodes().stream().map(TraceNode::span).toList();
    long services = summary.stream().map(Span::service).distinct().count();
    long errors = summary.stream().filter(Span::isError).count();
    return "trace %s   %s   %s   %s   %s%s"
        .formatted(
            tree.root().span().traceId(),
            DurationText.of(analysis.durationNanos()),
            count(summary.size(), "span"),
            count(services, "service"),
            Instant.ofEpochMilli(tree.root().startEpochNanos() / 1_000_000),
            errors == 0 ? "" : "   " + count(errors, "error"));
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  /** Indices in the order of the tree; what matters most is kept when there are too many. */
  private TreeSet<Integer> shown() {
    var byWeight =
        Comparator.<Integer>comparingInt(i -> weight(tree.nodes().get(i)))
            .thenComparing(Comparator.naturalOrder());
    var shown = new TreeSet<Integer>();
    IntStream.range(0, tree.nodes().size())
        .boxed()
        .sorted(byWeight)
        .limit(settings.maxSpans())
        .forEach(shown::add);
    return shown;
  }

  private int weight(TraceNode node) {
    if (isFailing(node.span()) || node.parent() < 0) {
      return 0;
    }
    return isCritical(node.span()) ? 1 : node.span().isError() ? 2 : 3;
  }

  private String line(TraceNode node) {
    var span = node.span();
    var palette = settings.palette();
    var marks = (isCritical(span) ? "*" : " ") + failure(span) + " ";
    var text =
        marks
            + Columns.left(span.service(), serviceWidth)
            + " "
            + Columns.left(indented(node), nameWidth);
    var head =
        span.isError() ? palette.failed(text) : isCritical(span) ? text : palette.quiet(text);
    return head
        + " |"
        + bar(node)
        + "|"
        + Columns.right(DurationText.of(span.durationNanos()), DURATION);
  }

  private String failure(Span span) {
    if (isFailing(span)) {
      return "!";
    }
    return span.isError() ? "x" : " ";
  }

  private static String indented(TraceNode node) {
    return "  ".repeat(node.depth()) + (node.parentMissing() ? "(?) " : "") + node.span().name();
  }

  private String bar(TraceNode node) {
    var cells = " ".repeat(barWidth).toCharArray();
    fill(cells, node.startEpochNanos(), node.endEpochNanos(), '-');
    for (var segment : critical.getOrDefault(node.span().spanId(), List.of())) {
      if (segment.span().equals(node.span())) {
        fill(cells, segment.startEpochNanos(), segment.endEpochNanos(), '=');
      }
    }
    var bar = new StringBuilder();
    int from = 0;
    while (from < cells.length) {
      int to = from;
      while (to < cells.length && cells[to] == cells[from]) {
        to++;
      }
      bar.append(paint(new String(cells, from, to - from), node.span()));
      from = to;
    }
    return bar.toString();
  }

  private String paint(String run, Span span) {
    if (isFailing(span)) {
      return settings.palette().failed(run);
    }
    return run.startsWith("=") ? settings.palette().critical(run) : settings.palette().quiet(run);
  }

  /** At least one cell, however short the time. */
  private void fill(char[] cells, long from, long to, char with) {
    int first = Math.min((int) ((from - start) / nanosPerColumn), cells.length - 1);
    int end = (int) Math.ceil((to - start) / nanosPerColumn);
    for (int i = first; i < Math.max(Math.min(end, cells.length), first + 1); i++) {
      cells[i] = with;
    }
  }

  private boolean isCritical(Span span) {
    return critical.getOrDefault(span.spanId(), List.of()).stream()
        .anyMatch(segment -> segment.span().equals(span));
  }

  private boolean isFailing(Span span) {
    return analysis.failing().filter(span::equals).isPresent();
  }

  private static int widest(IntStream widths) {
    return Math.max(widths.max().orElse(0), 1);
  }
}
