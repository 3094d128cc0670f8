package io.fairlead.demo.shop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bank: {@code POST /charges}. It books each idempotency key once, however often it is asked.
 *
 * <p>{@code POST /mode} with {@code {"mode": "ok|slow|down|hang"}} lets it misbehave, and {@code
 * GET /ledger} lists what it booked and how often it was asked.
 */
final class BankApp {
  private static final long SLOW_MILLIS = 300;
  private static final long HANG_MILLIS = 5_000;

  private final HttpApp app;
  private final AtomicLong asked = new AtomicLong();
  private final Map<String, Long> bookings = new LinkedHashMap<>();
  private final List<String> repeated = new ArrayList<>();
  private volatile Mode mode = Mode.OK;

  private enum Mode {
    OK,
    SLOW,
    DOWN,
    HANG
  }

  BankApp(HttpApp app) {
    this.app = app;
  }

  void start() {
    app.post(
            "/charges",
            (request, body) -> {
              asked.incrementAndGet();
              switch (mode) {
                case OK -> {}
                case SLOW -> Thread.sleep(SLOW_MILLIS);
                case HANG -> Thread.sleep(HANG_MILLIS);
                case DOWN -> {
                  var why = HttpApp.object().put("error", "the bank is down");
                  return new HttpApp.Answer(503, why);
                }
              }
              return HttpApp.Answer.ok(
                  book(body.path("order").asText(), body.path("amount").asLong()));
            })
        .post(
            "/mode",
            (request, body) -> {
              mode = Mode.valueOf(body.path("mode").asText().toUpperCase(java.util.Locale.ROOT));
              return HttpApp.Answer.ok(HttpApp.object().put("mode", mode.name()));
            })
        .get("/ledger", (request, body) -> HttpApp.Answer.ok(ledger()))
        .start();
  }

  private synchronized ObjectNode book(String order, long amount) {
    if (bookings.putIfAbsent(order, amount) != null) {
      repeated.add(order);
    }
    return HttpApp.object().put("order", order).put("booked", amount);
  }

  private synchronized ObjectNode ledger() {
    var ledger = HttpApp.object().put("asked", asked.get()).put("mode", mode.name());
    var booked = ledger.putObject("bookings");
    bookings.forEach(booked::put);
    var again = ledger.putArray("repeated");
    repeated.forEach(again::add);
    return ledger;
  }
}
