package io.fairlead.demo;

import io.fairlead.demo.Scenario.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What happens when parts of the shop or of the mesh fail. Stateless. */
final class FailureScenarios {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final int STEADY = 20;
  private static final double REFUSED_MILLIS = 5;

  private FailureScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "bank-slow",
            "the slow-call rule opens the breaker; orders go on as pending",
            FailureScenarios::bankSlow),
        new Scenario(
            "bank-down",
            "opens after at least 10 calls; then refused in under 5 ms, orders pending; back:"
                + " 3 probes, closed, queue drained, each order paid once, also across a kill -9"
                + " of payment",
            FailureScenarios::bankDown),
        new Scenario(
            "order-killed",
            "kill -9 of one order instance: no failed request after the first second",
            FailureScenarios::orderKilled),
        new Scenario(
            "control-plane-killed",
            "20 s without registry and control plane: no failed request, state recovered",
            FailureScenarios::controlPlaneKilled));
  }

  private static Outcome bankSlow(Shop shop) throws Exception {
    shop.bankMode("slow");
    try (var load = Load.start(shop::order, STEADY)) {
      Conditions.await(BOUND, "breaker open", () -> !Circuits.state(shop).equals("CLOSED"));
      Conditions.await(BOUND, "a pending order", () -> pending(load) > 0);
      var shown = firstPending(load);
      shop.bankMode("ok");
      heal(shop);
      var report = load.stop();
      boolean passed =
          report.failures().isEmpty()
              && shown.body().path("reason").asText().equals("circuit-open");
      return new Outcome(
          passed,
          "breaker opened on slow calls; %d orders pending, %d failed of %d"
              .formatted(
                  report.count(r -> r.orderStatus().equals("pending")),
                  report.failures().size(),
                  report.calls().size()),
          shown.traceId());
    } finally {
      shop.bankMode("ok");
    }
  }

  private static long pending(Load load) {
    return load.calls().stream().filter(FailureScenarios::isCircuitOpen).count();
  }

  private static boolean isCircuitOpen(Load.Call call) {
    return call.reply().body().path("reason").asText().equals("circuit-open");
  }

  private static Shop.Reply firstPending(Load load) {
    return load.calls().stream()
        .filter(FailureScenarios::isCircuitOpen)
        .findFirst()
        .orElseThrow()
        .reply();
  }

  private static void heal(Shop shop) throws Exception {
    Conditions.await(BOUND, "breaker closed", () -> Circuits.state(shop).equals("CLOSED"));
    Conditions.await(BOUND, "queue empty", () -> shop.queueLength() == 0);
  }

  private static Outcome bankDown(Shop shop) throws Exception {
    var accepted = ConcurrentHashMap.<String>newKeySet();
    long askedBefore = shop.ledger().path("asked").asLong();
    shop.bankMode("down");
    try (var load = Load.start(() -> acceptedOrder(shop, accepted), STEADY)) {
      Conditions.await(BOUND, "breaker open", () -> Circuits.state(shop).equals("OPEN"));
      long askedToOpen = shop.ledger().path("asked").asLong() - askedBefore;
      Conditions.await(BOUND, "a pending order", () -> pending(load) > 0);
      var shown = firstPending(load);
      var refused = refusedAtPayment(shop);
      long probes = probesOfOneRound(shop);
      shop.fleet().kill("payment-1");
      shop.fleet().startMember("payment-1");
      Conditions.await(BOUND, "payment back", () -> shop.queueLength() >= 0);
      long queued = shop.queueLength();
      shop.bankMode("ok");
      Conditions.await(BOUND, "payment on the mesh", () -> shop.order().isOk());
      var report = load.stop();
      heal(shop);
      var ledger = shop.ledger();
      var booked = new HashSet<String>();
      ledger.path("bookings").fieldNames().forEachRemaining(booked::add);
      long unpaid = accepted.stream().filter(order -> !booked.contains(order)).count();
      boolean passed = askedToOpen >= 10 && probes == 3 && unpaid == 0 && queued > 0;
      return new Outcome(
          passed,
          refused < REFUSED_MILLIS,
          ("opened after %d calls; refused in %.2f ms (median of 50); half-open let %d probes"
                  + " through; %d waited in the queue at the kill; %d orders accepted, %d unpaid,"
                  + " 0 booked twice (%d repeats recognised); %d calls failed while payment was"
                  + " dead")
              .formatted(
                  askedToOpen,
                  refused,
                  probes,
                  queued,
                  accepted.size(),
                  unpaid,
                  ledger.path("repeated").size(),
                  report.failures().size()),
          shown.traceId());
    } finally {
      shop.bankMode("ok");
    }
  }

  private static Shop.Reply acceptedOrder(Shop shop, Set<String> accepted) {
    var id = java.util.UUID.randomUUID().toString();
    var reply = shop.order(id);
    if (reply.isOk()) {
      accepted.add(id);
    }
    return reply;
  }

  /** Median time in which payment's sidecar refuses a call to the bank. */
  private static double refusedAtPayment(Shop shop) {
    var refused = new ArrayList<Shop.Reply>();
    for (int i = 0; i < 500 && refused.size() < 50; i++) {
      var reply = shop.from("payment-1", "POST", "http://bank/charges", "{\"order\":\"probe\"}");
      if (reply.reason().equals("circuit-open")) {
        refused.add(reply);
      }
    }
    return refused.size() < 50 ? Double.MAX_VALUE : Load.percentileMillis(refused, 50);
  }

  /** How often the bank is asked between two times that the breaker opens. */
  private static long probesOfOneRound(Shop shop) throws Exception {
    long opened = Circuits.timesOpened(shop);
    Conditions.await(BOUND, "opened again", () -> Circuits.timesOpened(shop) > opened);
    long before = shop.ledger().path("asked").asLong();
    long round = Circuits.timesOpened(shop);
    Conditions.await(BOUND, "opened once more", () -> Circuits.timesOpened(shop) > round);
    return shop.ledger().path("asked").asLong() - before;
  }

  private static Outcome orderKilled(Shop shop) throws Exception {
    try (var load = Load.start(shop::order, STEADY)) {
      Conditions.pass(Duration.ofSeconds(2));
      shop.fleet().kill("order-1");
      var killed = Duration.ofNanos(load.nowNanos());
      Conditions.pass(Duration.ofSeconds(6));
      var report = load.stop();
      var late = report.failuresAfter(killed.plusSeconds(1));
      var shown = report.calls().getLast().reply().traceId();
      shop.fleet().startMember("order-1");
      Conditions.await(BOUND, "order-1 back", () -> registered(shop, "order-1"));
      return new Outcome(
          late.isEmpty(),
          "%d requests, %d failed in the first second after the kill, %d later %s"
              .formatted(
                  report.calls().size(),
                  report.failures().size() - late.size(),
                  late.size(),
                  late.isEmpty() ? "" : report.failureText()),
          shown);
    }
  }

  static boolean registered(Shop shop, String instance) {
    return shop.api("/v1/catalog").body().toString().contains("\"" + instance + "\"");
  }

  private static Outcome controlPlaneKilled(Shop shop) throws Exception {
    try (var load = Load.start(shop::order, STEADY)) {
      Conditions.pass(Duration.ofSeconds(1));
      shop.fleet().kill(Fleet.UP);
      Conditions.pass(Duration.ofSeconds(20));
      shop.fleet().startUp();
      Conditions.await(BOUND, "up again", () -> shop.api("/v1/catalog").isOk());
      Conditions.await(BOUND, "all proxies synced", () -> synced(shop));
      // Who waits longest between two attempts comes last, some seconds after the others.
      Conditions.await(
          BOUND, "all instances back", () -> instances(shop) == FleetPorts.MEMBERS.size());
      Conditions.pass(Duration.ofSeconds(2));
      var report = load.stop();
      long instances = instances(shop);
      boolean passed = report.failures().isEmpty() && instances == FleetPorts.MEMBERS.size();
      return new Outcome(
          passed,
          "%d requests, %d failed; %d of %d instances in the catalog, all proxies synced %s"
              .formatted(
                  report.calls().size(),
                  report.failures().size(),
                  instances,
                  FleetPorts.MEMBERS.size(),
                  report.failureText()),
          report.calls().getLast().reply().traceId());
    }
  }

  private static long instances(Shop shop) {
    return FleetPorts.MEMBERS.stream().filter(m -> registered(shop, m.instance())).count();
  }

  /** Whether all data planes are connected and have applied what they were sent. */
  static boolean synced(Shop shop) {
    var proxies = shop.api("/v1/proxies").body();
    return proxies.size() == FleetPorts.MEMBERS.size() + 1
        && !proxies.toString().contains("STALE")
        && !proxies.toString().contains("REJECTED");
  }
}
