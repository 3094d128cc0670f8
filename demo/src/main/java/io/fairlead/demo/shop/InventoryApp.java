package io.fairlead.demo.shop;

import java.util.concurrent.atomic.AtomicLong;

/** What is in stock: {@code POST /reservations}. */
final class InventoryApp {
  private final HttpApp app;
  private final AtomicLong reserved = new AtomicLong();

  InventoryApp(HttpApp app) {
    this.app = app;
  }

  void start() {
    app.post(
            "/reservations",
            (request, body) -> {
              long number = reserved.incrementAndGet();
              return HttpApp.Answer.ok(
                  HttpApp.object().put("item", body.path("item").asText()).put("number", number));
            })
        .start();
  }
}
