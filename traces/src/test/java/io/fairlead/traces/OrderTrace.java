package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;

import java.util.Map;

/** An order whose bank is slow and then refuses, through every service of the demo. */
final class OrderTrace {
  private OrderTrace() {}

  static Trace failed() {
    return SpanBuilder.trace(
        span(1).of("gateway", "POST /orders").kind(SpanKind.SERVER).at(0, 1520).failed(""),
        span(2).under(1).of("order", "POST /orders").kind(SpanKind.SERVER).at(10, 1510).failed(""),
        span(3).under(2).of("order", "GET user").kind(SpanKind.CLIENT).at(15, 55),
        span(4).under(3).of("user", "GET /users/{id}").kind(SpanKind.SERVER).at(20, 50),
        span(5).under(2).of("order", "GET inventory").kind(SpanKind.CLIENT).at(15, 105),
        span(6).under(5).of("inventory", "GET /stock").kind(SpanKind.SERVER).at(20, 100),
        span(7)
            .under(2)
            .of("order", "POST payment")
            .kind(SpanKind.CLIENT)
            .at(110, 1500)
            .failed("HTTP 502"),
        span(8)
            .under(7)
            .of("payment", "POST /pay")
            .kind(SpanKind.SERVER)
            .at(120, 1490)
            .failed("")
            .tag("payment.method", AttributeValue.of("card"))
            .tag("amount", new AttributeValue.Real(12.5))
            .tag("retry", new AttributeValue.Bool(false)),
        span(9)
            .under(8)
            .of("bank", "POST /transfer")
            .kind(SpanKind.SERVER)
            .at(200, 1480)
            .failed("")
            .tag("http.response.status_code", new AttributeValue.Int(503))
            .event(
                1475,
                "exception",
                Map.of("exception.message", AttributeValue.of("core system: connection refused"))));
  }
}
