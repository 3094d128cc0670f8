package io.fairlead.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.fairlead.demo.Scenario.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Routing, the front door, and the trace that shows them. Stateless. */
final class TrafficScenarios {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final List<String> IN_ORDER =
      List.of("edge", "order", "user", "inventory", "payment", "bank", "shipping");
  private static final int CANARY_REQUESTS = 10_000;
  private static final int CALLERS = 16;
  private static final int BULKHEAD_LOAD = 20;

  private TrafficScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "happy-path",
            "an order is paid; one trace holds "
                + String.join(", ", IN_ORDER)
                + " in this order,"
                + " with spans of gateway, sidecars and applications",
            TrafficScenarios::happyPath),
        new Scenario(
            "canary",
            "10 % of " + CANARY_REQUESTS + " requests reach v2 (8 to 12 %), none fails",
            TrafficScenarios::canary),
        new Scenario(
            "gateway",
            "401 without key; /user-service/users/123 reaches /users/123; 429 with retry-after"
                + " above the limit",
            TrafficScenarios::gateway),
        new Scenario(
            "bulkhead",
            "while payment hangs, p99 of order's calls to user and inventory stays within twice"
                + " the normal",
            TrafficScenarios::bulkhead));
  }

  private static Outcome happyPath(Shop shop) throws Exception {
    var order = shop.order();
    var missing = new ArrayList<>(IN_ORDER);
    var seen = new LinkedHashMap<String, Integer>();
    Conditions.await(
        BOUND,
        "a complete trace " + order.traceId(),
        () -> {
          seen.clear();
          seen.putAll(spansByService(shop, order.traceId()));
          missing.clear();
          IN_ORDER.stream().filter(s -> !seen.containsKey(s)).forEach(missing::add);
          // An application between two sidecars gives a span of its own beside theirs.
          return missing.isEmpty() && seen.getOrDefault("order", 0) >= 7;
        });
    var firstStarts = List.copyOf(seen.keySet());
    boolean inOrder = firstStarts.equals(IN_ORDER);
    boolean passed = order.isOk() && order.orderStatus().equals("paid") && inOrder;
    return new Outcome(
        passed,
        "order %s in %.0f ms; services in order of first span: %s; %d spans"
            .formatted(
                order.orderStatus(),
                order.millis(),
                String.join(", ", firstStarts),
                seen.values().stream().mapToInt(Integer::intValue).sum()),
        order.traceId());
  }

  /** Number of spans by service, in order of each service's first span. */
  private static Map<String, Integer> spansByService(Shop shop, String traceId) {
    var spans = new ArrayList<JsonNode>();
    shop.api("/api/v1/traces/" + traceId).body().path("spans").forEach(spans::add);
    spans.sort(java.util.Comparator.comparingLong(span -> span.path("startEpochNanos").asLong()));
    var byService = new LinkedHashMap<String, Integer>();
    spans.forEach(span -> byService.merge(span.path("service").asText(), 1, Integer::sum));
    return byService;
  }

  private static Outcome canary(Shop shop) throws Exception {
    shop.fleet().canary(10);
    try {
      Conditions.await(BOUND, "the first request to v2", () -> ship(shop).equals("v2"));
      var answers = new ArrayList<String>();
      try (var executor = Executors.newFixedThreadPool(CALLERS)) {
        var work =
            IntStream.range(0, CANARY_REQUESTS)
                .<Callable<String>>mapToObj(i -> () -> ship(shop))
                .toList();
        for (Future<String> answer : executor.invokeAll(work)) {
          answers.add(answer.get());
        }
      }
      long v2 = answers.stream().filter("v2"::equals).count();
      long failed = answers.stream().filter(a -> !a.equals("v1") && !a.equals("v2")).count();
      double share = 100.0 * v2 / CANARY_REQUESTS;
      var shown = shop.order();
      return new Outcome(
          failed == 0 && share >= 8 && share <= 12,
          "%.2f %% reached v2, %d of %d failed".formatted(share, failed, CANARY_REQUESTS),
          shown.traceId());
    } finally {
      shop.fleet().canary(0);
    }
  }

  /** The version that shipped, or the status of a failure. */
  private static String ship(Shop shop) {
    var reply = shop.from("order-2", "POST", "http://shipping/shipments", "{\"order\":\"c\"}");
    return reply.isOk() ? reply.body().path("version").asText() : reply.status() + reply.reason();
  }

  private static Outcome gateway(Shop shop) {
    var noKey = shop.gateway("GET", "/user-service/users/123", "", "");
    var wrongKey = shop.gateway("GET", "/user-service/users/123", "", "guessed");
    var found = shop.gateway("GET", "/user-service/users/123", "", Fleet.API_KEY);
    var statuses = new TreeSet<Integer>();
    var retryAfter = "";
    for (int i = 0; i < 100; i++) {
      var reply = shop.gateway("GET", "/user-service/users/1", "", Fleet.API_KEY);
      statuses.add(reply.status());
      if (reply.status() == 429) {
        retryAfter = reply.retryAfter();
      }
    }
    boolean passed =
        noKey.status() == 401
            && wrongKey.status() == 401
            && found.body().path("id").asText().equals("123")
            && statuses.contains(429)
            && !retryAfter.isEmpty();
    return new Outcome(
        passed,
        "without key %d, wrong key %d; user %s found; 100 calls: statuses %s, retry-after %s"
            .formatted(
                noKey.status(),
                wrongKey.status(),
                found.body().path("id").asText("not"),
                statuses,
                retryAfter),
        found.traceId());
  }

  private static Outcome bulkhead(Shop shop) throws Exception {
    Neighbours normal;
    try (var load = Load.start(shop::order, BULKHEAD_LOAD)) {
      normal = neighbours(shop);
      load.stop();
    }
    var hanging = shop.fleet().process("payment-1").childPids();
    signal("STOP", hanging);
    Shop.Reply refused;
    Neighbours during;
    try (var load = Load.start(shop::order, BULKHEAD_LOAD)) {
      Conditions.await(
          BOUND,
          "a call refused by the bulkhead",
          () -> load.calls().stream().anyMatch(TrafficScenarios::isBulkheadFull));
      during = neighbours(shop);
      load.stop();
      refused =
          load.calls().stream()
              .filter(TrafficScenarios::isBulkheadFull)
              .findFirst()
              .orElseThrow()
              .reply();
    } finally {
      signal("CONT", hanging);
    }
    Conditions.await(BOUND, "payment answers", () -> shop.order().isOk());
    return new Outcome(
        normal.failed() == 0 && during.failed() == 0,
        during.p99Millis() <= 2 * normal.p99Millis(),
        ("p99 of 1000 calls to user and inventory: %.2f ms normally, %.2f ms while payment hangs;"
                + " %d of them failed; payments beyond ten at a time refused at once")
            .formatted(normal.p99Millis(), during.p99Millis(), during.failed()),
        refused.traceId());
  }

  private static boolean isBulkheadFull(Load.Call call) {
    return call.reply().body().toString().contains("bulkhead-full");
  }

  /** How order's calls to services other than payment fare. */
  private record Neighbours(double p99Millis, long failed) {}

  private static void signal(String name, List<Long> pids) throws Exception {
    var command = new ArrayList<>(List.of("kill", "-" + name));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private static Neighbours neighbours(Shop shop) {
    var replies = new ArrayList<Shop.Reply>();
    for (int i = 0; i < 500; i++) {
      replies.add(shop.from("order-2", "GET", "http://user/users/1", ""));
      replies.add(
          shop.from("order-2", "POST", "http://inventory/reservations", "{\"item\":\"x\"}"));
    }
    long failed = replies.stream().filter(reply -> !reply.isOk()).count();
    return new Neighbours(Load.percentileMillis(replies, 99), failed);
  }
}
