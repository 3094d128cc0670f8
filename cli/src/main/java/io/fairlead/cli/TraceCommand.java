package io.fairlead.cli;

import io.fairlead.traces.TraceAnalysis;
import io.fairlead.traces.TraceId;
import io.fairlead.traces.TracesClient;
import io.fairlead.traces.Waterfall;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fairlead trace}: where one request was slow or failed. */
@Command(
    name = "trace",
    description = {
      "Draw a trace.",
      "* marks the critical path, ! the span in which the error began."
    },
    mixinStandardHelpOptions = true)
final class TraceCommand implements Callable<Integer> {
  private static final int MAX_SPANS = 1_000;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();
  @Mixin private final TerminalOptions terminal = new TerminalOptions();

  @Parameters(index = "0", paramLabel = "ID", description = "16 or 32 hexadecimal digits.")
  private String id = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    var traceId =
        TraceId.parse(id)
            .orElseThrow(
                () -> new CommandException("ID: '" + id + "' must be 16 or 32 hexadecimal digits"));
    try (var client = new TracesClient(api.address())) {
      var trace = client.trace(traceId);
      if (trace.isEmpty()) {
        throw new CommandException("there is no trace " + id);
      }
      var out = Output.of(spec).out();
      var settings = new Waterfall.Settings(terminal.width(), terminal.palette(), MAX_SPANS);
      Waterfall.draw(TraceAnalysis.of(trace.get()), settings).forEach(out::println);
      return 0;
    }
  }
}
