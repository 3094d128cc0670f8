package io.fairlead.traces;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lists traces for a terminal, one line each, under a header. Pure. */
public final class TraceTable {
  private static final DateTimeFormatter STARTED =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);
  private static final int DURATION = 8;
  private static final int NUMBER = 6;
  private static final int ID = 32;
  private static final int TIME = 23;
  private static final int MIN_WIDTH = 100;

  private TraceTable() {}

  /**
   * How to list.
   *
   * @param width characters of a line; below 100 it is taken as 100, the ids must stay whole
   * @param palette plain or in colours
   * @param zone whose time of day to show
   */
  public record Settings(int width, Palette palette, ZoneId zone) {}

  /** The lines of the table, without line ends. */
  public static List<String> lines(List<TraceSummary> traces, Settings settings) {
    var lines = new ArrayList<String>();
    lines.add(
        settings
            .palette()
            .strong(
                Columns.left("STARTED", TIME)
                    + " "
                    + Columns.left("TRACE", ID)
                    + Columns.right("TIME", DURATION + 1)
                    + Columns.right("SPANS", NUMBER)
                    + Columns.right("ERRORS", NUMBER + 1)
                    + "  REQUEST"));
    int rest = Math.max(settings.width(), MIN_WIDTH) - TIME - ID - DURATION - 2 * NUMBER - 5;
    for (TraceSummary trace : traces) {
      var started = Instant.ofEpochSecond(0, trace.startEpochNanos()).atZone(settings.zone());
      var line =
          STARTED.format(started)
              + " "
              + trace.id()
              + Columns.right(DurationText.of(trace.durationNanos()), DURATION + 1)
              + Columns.right(Integer.toString(trace.spanCount()), NUMBER)
              + Columns.right(Integer.toString(trace.errorCount()), NUMBER + 1)
              + "  "
              + Columns.left(request(trace), rest).stripTrailing();
      lines.add(trace.errorCount() > 0 ? settings.palette().failed(line) : line);
    }
    return lines;
  }

  private static String request(TraceSummary trace) {
    int others = trace.services().size() - 1;
    return trace.service()
        + " "
        + trace.operation()
        + (others > 0 ? " (+" + others + (others == 1 ? " service)" : " services)") : "");
  }
}
