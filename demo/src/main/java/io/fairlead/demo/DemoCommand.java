package io.fairlead.demo;

import io.fairlead.cli.CommandException;
import io.fairlead.cli.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead demo}: the order system on the mesh. */
@Command(
    name = "demo",
    description = {
      "Run an order system on the mesh, with steady traffic and a live screen.",
      "With --script it runs its scenarios unattended, prints what was expected beside what was"
          + " observed, and exits with 1 if anything differs."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--script", description = "Run the scenarios and exit.")
  private boolean script;

  @Option(
      names = "--scenario",
      split = ",",
      paramLabel = "NAME",
      description = "With --script: only these scenarios.")
  private List<String> only = List.of();

  @Option(
      names = "--base-port",
      defaultValue = "20000",
      description = "Lowest of about 60 ports that are used (default: ${DEFAULT-VALUE}).")
  private int basePort;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      defaultValue = ".fairlead/demo",
      description = "Configuration, state and logs (default: ${DEFAULT-VALUE}).")
  private Path home = Path.of(".fairlead/demo");

  @Override
  public Integer call() throws IOException, InterruptedException {
    var scenarios = scenarios();
    var out = Output.of(spec).out();
    var start = new Start(home.toAbsolutePath());
    start.clear();
    try (var fleet = new Fleet(home.toAbsolutePath(), new FleetPorts(basePort));
        var shop = new Shop(fleet)) {
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(fleet::close));
      long begin = System.nanoTime();
      out.println("starting " + (FleetPorts.MEMBERS.size() * 2 + 2) + " processes ...");
      out.flush();
      start.run(shop);
      out.printf("ready after %.1f s%n", (System.nanoTime() - begin) / 1e9);
      out.flush();
      return script ? new Script(shop, out).run(scenarios) : new Screen(shop, out).run();
    } catch (TimeoutException late) {
      throw new CommandException(
          "the shop did not get ready, see " + home.resolve("log") + ": " + late.getMessage(),
          late);
    }
  }

  private List<Scenario> scenarios() {
    var all = all();
    if (only.isEmpty()) {
      return all;
    }
    var names = all.stream().map(Scenario::name).toList();
    for (var name : only) {
      if (!names.contains(name)) {
        throw new CommandException("--scenario: '" + name + "' must be one of " + names);
      }
    }
    return all.stream().filter(scenario -> only.contains(scenario.name())).toList();
  }

  static List<Scenario> all() {
    var all = new ArrayList<Scenario>();
    all.addAll(TrafficScenarios.all());
    all.addAll(FailureScenarios.all());
    all.addAll(SecurityScenarios.all());
    return all;
  }
}
