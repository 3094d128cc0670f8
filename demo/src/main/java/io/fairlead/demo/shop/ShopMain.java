package io.fairlead.demo.shop;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Runs one service: {@code ShopMain NAME}. The port comes from PORT, where spans go from
 * OTEL_EXPORTER_OTLP_ENDPOINT, the rest from the environment that each class names.
 */
public final class ShopMain {
  private static final int WARM_UP_CALLS = 50;

  private ShopMain() {}

  /** Starts a service and calls it, so that the launcher can keep what was loaded. */
  public static void warmUp(int port, String otlp) throws IOException, InterruptedException {
    try (var app = new HttpApp("user", port, Optional.of(otlp))) {
      new UserApp(app).start();
      for (int i = 0; i < WARM_UP_CALLS; i++) {
        app.calls().get("http://127.0.0.1:" + port + "/users/1");
      }
    }
  }

  /** Starts the service and leaves it running. */
  public static void main(String[] arguments) throws IOException {
    var name = arguments.length == 1 ? arguments[0] : "";
    var environment = System.getenv();
    var app =
        new HttpApp(
            name,
            Integer.parseInt(environment.getOrDefault("PORT", "8080")),
            Optional.ofNullable(environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")));
    switch (name) {
      case "order" -> new OrderApp(app).start();
      case "inventory" -> new InventoryApp(app).start();
      case "payment" -> new PaymentApp(app).start();
      case "bank" -> new BankApp(app).start();
      case "shipping" -> new ShippingApp(app).start();
      case "user" -> new UserApp(app).start();
      default -> {
        System.err.println(
            "usage: ShopMain NAME, one of "
                + List.of("order", "inventory", "payment", "bank", "shipping", "user"));
        System.exit(2);
      }
    }
  }
}
