package io.fairlead.demo.shop;

import java.io.IOException;
import java.util.List;

/**
 * Runs one service: {@code ShopMain NAME}. The port comes from PORT, the rest from the environment
 * that each class names.
 */
public final class ShopMain {
  private ShopMain() {}

  /** Starts the service and leaves it running. */
  public static void main(String[] arguments) throws IOException {
    var name = arguments.length == 1 ? arguments[0] : "";
    var app = new HttpApp(name);
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
