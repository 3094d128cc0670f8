package io.fairlead.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead apply}: puts documents in force, all of a file or none. */
@Command(
    name = "apply",
    description = "Put the documents of YAML files in force.",
    mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE",
      description = "File, folder, or - for standard input. May stand several times.")
  private List<String> files = List.of();

  @Option(names = "--dry-run", description = "Say what would happen; change nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    var sources = ConfigFiles.read(files);
    if (sources.isEmpty()) {
      throw new CommandException("no YAML files in " + String.join(", ", files));
    }
    var out = Output.of(spec);
    int failures = 0;
    for (var source : sources) {
      // Faults that need no server are told with the lines of the file as it is.
      var parsed = source.parse();
      parsed.warnings().forEach(warning -> out.err().println("warning: " + warning));
      var local = parsed.faults();
      if (!local.isEmpty()) {
        local.forEach(fault -> out.err().println(fault));
        failures += local.size();
        continue;
      }
      var path =
          "/v1/config?dryRun="
              + dryRun
              + "&file="
              + URLEncoder.encode(source.name(), StandardCharsets.UTF_8);
      var reply = api.send("POST", path, ConfigFiles.withKeys(source));
      if (reply.status() == 422) {
        var faults = reply.json().path("faults");
        faults.forEach(fault -> out.err().println(fault.path("message").asText()));
        failures += faults.size();
      } else {
        reply.orFail().path("changes").forEach(change -> out.out().println(line(change)));
      }
    }
    if (failures > 0) {
      out.err()
          .println(
              failures
                  + (failures == 1 ? " fault" : " faults")
                  + "; nothing of the"
                  + " faulty files was changed");
    }
    return failures == 0 ? 0 : 1;
  }

  static String line(JsonNode change) {
    var namespace = change.path("namespace").asText();
    return change.path("kind").asText()
        + "/"
        + (namespace.equals("default") ? "" : namespace + "/")
        + change.path("name").asText()
        + " "
        + change.path("change").asText().toLowerCase(java.util.Locale.ROOT);
  }
}
