package io.fairlead.demo.shop;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.UUID;

/**
 * Takes orders: {@code POST /orders} with user, item and amount. It asks user, inventory, payment
 * and shipping in turn.
 */
final class OrderApp {
  private final HttpApp app;

  OrderApp(HttpApp app) {
    this.app = app;
  }

  /** A call that the order cannot do without failed. */
  private static final class StepFailedException extends Exception {
    private static final long serialVersionUID = 1;
    private final int status;

    StepFailedException(String step, Calls.Reply reply) {
      super(step + " answered " + reply.status() + " " + reply.reason());
      this.status = reply.status();
    }
  }

  void start() {
    app.post("/orders", (request, body) -> order(body)).start();
  }

  private HttpApp.Answer order(JsonNode body) throws Exception {
    var id = body.path("id").asText(UUID.randomUUID().toString());
    Tracing.tag("order.id", id);
    Tracing.tag("user.id", body.path("user").asText());
    try {
      var user =
          require("user", app.calls().get("http://user/users/" + body.path("user").asText()));
      var step = HttpApp.object().put("order", id);
      step.put("item", body.path("item").asText()).put("amount", body.path("amount").asLong(1));
      require("inventory", app.calls().post("http://inventory/reservations", step, id));
      var payment = require("payment", app.calls().post("http://payment/charge", step, id));
      var shipping = require("shipping", app.calls().post("http://shipping/shipments", step, id));
      Tracing.event("order_created");
      return HttpApp.Answer.ok(
          HttpApp.object()
              .put("id", id)
              .put("status", payment.path("status").asText())
              .put("reason", payment.path("reason").asText())
              .put("customer", user.path("name").asText())
              .put("shipping", shipping.path("version").asText()));
    } catch (StepFailedException failed) {
      var answer = HttpApp.object().put("id", id).put("error", failed.getMessage());
      return new HttpApp.Answer(failed.status >= 500 ? 502 : failed.status, answer);
    }
  }

  private static JsonNode require(String step, Calls.Reply reply) throws StepFailedException {
    if (!reply.isOk()) {
      throw new StepFailedException(step, reply);
    }
    return reply.body();
  }
}
