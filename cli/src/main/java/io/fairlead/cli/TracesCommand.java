package io.fairlead.cli;

import io.fairlead.traces.TraceQuery;
import io.fairlead.traces.TraceTable;
import io.fairlead.traces.TracesClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead traces}: finds traces. */
@Command(
    name = "traces",
    description = "Find traces, the latest first.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: fairlead traces --service payment --error --last 10m"})
final class TracesCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();
  @Mixin private final TerminalOptions terminal = new TerminalOptions();

  @Option(names = "--service", description = "With a span of this service.")
  private @Nullable String service;

  @Option(names = "--operation", description = "With a span of this name.")
  private @Nullable String operation;

  @Option(names = "--error", description = "With a failed span.")
  private boolean error;

  @Option(
      names = "--min-duration",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "That took at least so long.")
  private Duration minDuration = Duration.ZERO;

  @Option(
      names = "--max-duration",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "That took at most so long.")
  private Duration maxDuration = TraceQuery.ANY_DURATION;

  @Option(
      names = "--last",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "That began in this time until now.")
  private @Nullable Duration last;

  @Option(
      names = "--tag",
      paramLabel = "KEY=VALUE",
      description = "With a span that carries this attribute. May stand several times.")
  private Map<String, String> tags = Map.of();

  @Option(
      names = "--limit",
      defaultValue = "20",
      description = "At most so many (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (var client = new TracesClient(api.address())) {
      var settings =
          new TraceTable.Settings(terminal.width(), terminal.palette(), ZoneId.systemDefault());
      var out = Output.of(spec);
      TraceTable.lines(client.search(query()), settings).forEach(out.out()::println);
      var stats = client.stats();
      long dropped = stats.droppedLate() + stats.droppedOversize();
      if (dropped > 0 || stats.evictedTraces() > 0) {
        out.err()
            .printf(
                "for its bounds the backend evicted %d traces and dropped %d spans%n",
                stats.evictedTraces(), dropped);
      }
      return 0;
    }
  }

  private TraceQuery query() {
    try {
      var query = TraceQuery.latest(limit).withTags(tags).withDuration(minDuration, maxDuration);
      query = service == null ? query : query.withService(service);
      query = operation == null ? query : query.withOperation(operation);
      query = error ? query.withOutcome(TraceQuery.Outcome.ERROR) : query;
      return last == null ? query : query.withStart(Instant.now().minus(last), Instant.MAX);
    } catch (IllegalArgumentException wrong) {
      throw new CommandException(String.valueOf(wrong.getMessage()), wrong);
    }
  }
}
