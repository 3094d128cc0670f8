package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fairlead services}: who is where. */
@Command(
    name = "services",
    description = "List the registered instances.",
    mixinStandardHelpOptions = true)
final class ServicesCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();

  @Override
  public Integer call() {
    var rows = new ArrayList<List<String>>();
    for (var service : api.get("/v1/catalog").orFail().path("services")) {
      for (var instance : service.path("instances")) {
        rows.add(
            List.of(
                instance.path("service").asText(service.path("service").asText()),
                instance.path("id").asText(),
                instance.path("host").asText() + ":" + instance.path("port").asText(),
                instance.path("version").asText(),
                instance.path("status").asText()));
      }
    }
    Output.of(spec).table(List.of("SERVICE", "INSTANCE", "ADDRESS", "VERSION", "STATUS"), rows);
    return 0;
  }
}
