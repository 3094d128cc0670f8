package io.fairlead.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fairlead delete}: takes a document out of force. */
@Command(
    name = "delete",
    description = "Take a document out of force.",
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "KIND", description = "Such as httproute.")
  private String kind = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "Which one.")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "Namespace (default: ${DEFAULT-VALUE}).")
  private String namespace = "default";

  @Override
  public Integer call() {
    var out = Output.of(spec);
    var path = "/v1/config/" + Kinds.of(kind) + "/" + namespace + "/" + name;
    var reply = api.send("DELETE", path, "");
    if (reply.status() == 422) {
      reply
          .json()
          .path("faults")
          .forEach(fault -> out.err().println(fault.path("message").asText()));
      return 1;
    }
    reply.orFail().path("changes").forEach(change -> out.out().println(ApplyCommand.line(change)));
    return 0;
  }
}
