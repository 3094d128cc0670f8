package io.fairlead.demo.shop;

/** Sends it: {@code POST /shipments}. Says its version, from SHIPPING_VERSION. */
final class ShippingApp {
  private final HttpApp app;
  private final String version = System.getenv().getOrDefault("SHIPPING_VERSION", "v1");

  ShippingApp(HttpApp app) {
    this.app = app;
  }

  void start() {
    app.post(
            "/shipments",
            (request, body) ->
                HttpApp.Answer.ok(
                    HttpApp.object()
                        .put("order", body.path("order").asText())
                        .put("version", version)))
        .start();
  }
}
