package io.fairlead.demo;

import io.fairlead.cli.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Brings the shop up from nothing. Used by one thread. */
final class Start {
  private static final Duration READY = Duration.ofSeconds(90);

  private final Path home;

  Start(Path home) {
    this.home = home;
  }

  /** The demo begins anew each time; only what it made itself is removed. */
  void clear() throws IOException {
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

  /** Starts all processes and returns when an order was paid. */
  void run(Shop shop) throws IOException, InterruptedException, TimeoutException {
    var fleet = shop.fleet();
    fleet.writeConfiguration();
    fleet.startUp();
    var token = fleet.home().resolve("state").resolve("join-token");
    Conditions.await(READY, "the control plane's join token", () -> Files.exists(token));
    fleet.startGateway();
    for (var member : FleetPorts.MEMBERS) {
      fleet.startMember(member);
    }
    awaitReady(shop);
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
