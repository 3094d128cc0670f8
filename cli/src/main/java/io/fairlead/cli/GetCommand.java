package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fairlead get}: what is in force. */
@Command(
    name = "get",
    description = "List the documents in force, or print one.",
    mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();

  @Parameters(index = "0", arity = "0..1", paramLabel = "KIND", description = "Such as httproute.")
  private @Nullable String kind;

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Print this one.")
  private @Nullable String name;

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "Namespace (default: ${DEFAULT-VALUE}).")
  private String namespace = "default";

  @Override
  public Integer call() {
    var out = Output.of(spec);
    if (kind != null && name != null) {
      var reply = api.get("/v1/config/" + Kinds.of(kind) + "/" + namespace + "/" + name);
      if (reply.status() == 404) {
        throw new CommandException(Kinds.of(kind) + "/" + name + " is not in force");
      }
      out.out().print(reply.body());
      return reply.isOk() ? 0 : 1;
    }
    var wanted = kind == null ? null : Kinds.of(kind);
    var config = api.get("/v1/config").orFail();
    var rows = new ArrayList<List<String>>();
    for (var document : config.path("documents")) {
      var of = document.path("kind").asText();
      if (wanted == null || wanted.equals(of)) {
        rows.add(
            List.of(
                of,
                document.path("namespace").asText(),
                document.path("name").asText(),
                document.path("file").asText()));
      }
    }
    out.table(List.of("KIND", "NAMESPACE", "NAME", "FROM"), rows);
    var faults = config.path("directoryFaults");
    faults.forEach(fault -> out.err().println("not in force: " + fault.path("message").asText()));
    return 0;
  }
}
