package io.fairlead.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fairlead proxy-config}: what one data plane is told. */
@Command(
    name = "proxy-config",
    description = "Print the configuration that a connected proxy is given, as JSON.",
    mixinStandardHelpOptions = true)
final class ProxyConfigCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "NODE", description = "As 'fairlead proxy-status' lists.")
  private String node = "";

  @Override
  public Integer call() {
    var reply = api.get("/v1/proxies/" + node);
    if (reply.status() == 404) {
      throw new CommandException(
          "no proxy '" + node + "' is connected; 'fairlead proxy-status' lists them");
    }
    Output.of(spec).out().println(reply.orFail().toPrettyString());
    return 0;
  }
}
