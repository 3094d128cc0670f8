package io.fairlead.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The live screen: steady traffic, figures once a second, and commands. Used by one thread, while
 * another reads the commands.
 */
final class Screen {
  private static final int RATE = 20;
  private static final long REFRESH_MILLIS = 1_000;
  private static final String HELP =
      "commands: break bank | slow bank | heal bank | kill order-1 | start order-1"
          + " | canary shipping 10 | quit";

  private final Shop shop;
  private final PrintWriter out;
  private final Map<String, InstanceFigures> figures = new HashMap<>();
  private volatile String message = HELP;
  private volatile boolean quit;

  Screen(Shop shop, PrintWriter out) {
    this.shop = shop;
    this.out = out;
  }

  /** Runs until {@code quit} or the end of the input; 0. */
  int run() throws InterruptedException {
    Thread.ofPlatform().daemon().name("commands").start(this::readCommands);
    try (var load = Load.start(shop::order, RATE)) {
      while (!quit) {
        Thread.sleep(REFRESH_MILLIS);
        draw(load);
      }
    }
    return 0;
  }

  private void readCommands() {
    try (var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        message = perform(line.strip().toLowerCase(Locale.ROOT));
      }
    } catch (IOException closed) {
      message = "no more commands: " + closed;
    }
    quit = true;
  }

  private String perform(String command) {
    var words = command.split("\\s+");
    try {
      return switch (words[0]) {
        case "break" -> bank("down");
        case "slow" -> bank("slow");
        case "heal" -> bank("ok");
        case "kill" -> {
          shop.fleet().kill(words[1]);
          yield words[1] + " was killed";
        }
        case "start" -> {
          shop.fleet().startMember(words[1]);
          yield words[1] + " is starting";
        }
        case "canary" -> {
          int percent = Integer.parseInt(words[2]);
          if (percent < 0 || percent > 100) {
            yield "the share must be 0 to 100 percent, was " + percent;
          }
          shop.fleet().canary(percent);
          yield percent + " % to shipping-v2, by editing " + shop.fleet().config();
        }
        case "quit" -> {
          quit = true;
          yield "stopping";
        }
        default -> HELP;
      };
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (IOException | RuntimeException wrong) {
      return "'" + command + "': " + wrong.getMessage() + "; " + HELP;
    }
  }

  private String bank(String mode) {
    shop.bankMode(mode);
    return "the bank is " + mode;
  }

  private void draw(Load load) {
    var lines = new ArrayList<String>();
    lines.add("Fairlead demo: orders through the gateway, figures of the last 10 s");
    lines.add("");
    lines.addAll(orders(load));
    lines.add("");
    lines.addAll(instances());
    lines.add("");
    lines.add(
        "breaker payment -> bank: %s   queue of payment: %d"
            .formatted(Circuits.state(shop), shop.queueLength()));
    lines.add("");
    lines.add(message);
    out.print("\u001b[H\u001b[2J" + String.join("\n", lines) + "\n> ");
    out.flush();
  }

  /** Each instance with what came in since the last picture. */
  private List<String> instances() {
    var lines = new ArrayList<String>();
    lines.add(
        "%-10s %-12s %-14s %8s %14s %14s %7s"
            .formatted("SERVICE", "INSTANCE", "STATUS", "RATE/s", "P50", "P99", "ERRORS"));
    var catalog = shop.api("/v1/catalog").body().toString();
    for (var member : FleetPorts.MEMBERS) {
      var instance = member.instance();
      var page = shop.admin(shop.fleet().ports().admin(instance), "/stats/prometheus");
      var now = InstanceFigures.parse(page.body().path("text").asText());
      var before = figures.put(instance, now);
      var between = before == null ? now : now.since(before);
      lines.add(
          "%-10s %-12s %-14s %8d %14s %14s %7d"
              .formatted(
                  member.service(),
                  instance,
                  catalog.contains("\"" + instance + "\"") ? "registered" : "away",
                  between.requests(),
                  between.percentile(50),
                  between.percentile(99),
                  between.errors()));
    }
    return lines;
  }

  private static List<String> orders(Load load) {
    long from = load.nowNanos() - 10_000_000_000L;
    var recent =
        load.calls().stream().filter(c -> c.atNanos() >= from).map(Load.Call::reply).toList();
    long failed = recent.stream().filter(r -> !r.isOk()).count();
    long pending = recent.stream().filter(r -> r.orderStatus().equals("pending")).count();
    long v2 = recent.stream().map(Shop.Reply::body).filter(Screen::byVersion2).count();
    return List.of(
        "rate %.1f/s   p50 %.1f ms   p99 %.1f ms   failed %d   pending %d   shipped by v2 %d of %d"
            .formatted(
                recent.size() / 10.0,
                Load.percentileMillis(recent, 50),
                Load.percentileMillis(recent, 99),
                failed,
                pending,
                v2,
                recent.size()));
  }

  private static boolean byVersion2(JsonNode body) {
    return body.path("shipping").asText().equals("v2");
  }
}
