package io.fairlead.demo;

import io.fairlead.cli.CommandException;
import io.fairlead.cli.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
  private static final Duration READY = Duration.ofSeconds(90);

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
    clear(home);
    try (var fleet = new Fleet(home.toAbsolutePath(), new FleetPorts(basePort));
        var shop = new Shop(fleet)) {
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(fleet::close));
      long start = System.nanoTime();
      out.println("starting " + (FleetPorts.MEMBERS.size() * 2 + 2) + " processes ...");
      out.flush();
      startAll(fleet);
      awaitReady(shop);
      out.printf("ready after %.1f s%n", (System.nanoTime() - start) / 1e9);
      out.flush();
      return script ? new Script(shop, out).run(scenarios) : new Screen(shop, out).run();
    } catch (TimeoutException late) {
      throw new CommandException(
          "the shop did not get ready, see " + home.resolve("log") + ": " + late.getMessage(),
          late);
    }
  }

  private List<Scenario> scenarios() {
    var all = new ArrayList<Scenario>();
    all.addAll(TrafficScenarios.all());
    all.addAll(FailureScenarios.all());
    all.addAll(SecurityScenarios.all());
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

  /** The demo begins anew each time; only what it made itself is removed. */
  private static void clear(Path home) throws IOException {
    for (var part : List.of("state", "mesh", "log")) {
      var folder = home.resolve(part);
      if (Files.isDirectory(folder)) {
        try (var files = Files.walk(folder)) {
          for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    }
    for (var suffix : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(home.resolve("payment-queue.db" + suffix));
    }
  }

  private static void startAll(Fleet fleet)
      throws IOException, InterruptedException, TimeoutException {
    fleet.writeConfiguration();
    fleet.startUp();
    var token = fleet.home().resolve("state").resolve("join-token");
    Conditions.await(READY, "the control plane's join token", () -> Files.exists(token));
    fleet.startGateway();
    for (var member : FleetPorts.MEMBERS) {
      fleet.startMember(member);
    }
  }

  private static void awaitReady(Shop shop) throws InterruptedException, TimeoutException {
    Conditions.await(
        READY,
        "all instances registered",
        () -> {
          var dead = shop.fleet().dead();
          if (!dead.isEmpty()) {
            throw new CommandException(dead + " ended, see " + shop.fleet().home().resolve("log"));
          }
          return FleetPorts.MEMBERS.stream()
              .allMatch(m -> FailureScenarios.registered(shop, m.instance()));
        });
    Conditions.await(READY, "all proxies synced", () -> FailureScenarios.synced(shop));
    Conditions.await(
        READY, "an order that is paid", () -> shop.order().orderStatus().equals("paid"));
  }
}
