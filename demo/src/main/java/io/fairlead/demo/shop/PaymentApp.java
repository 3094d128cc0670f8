package io.fairlead.demo.shop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fairlead.outbox.Handled;
import io.fairlead.outbox.Message;
import io.fairlead.outbox.Outbox;
import io.fairlead.outbox.OutboxSettings;
import io.fairlead.outbox.WorkerSettings;
import io.fairlead.resilience.RetrySettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Takes payment: {@code POST /charge}. When the bank does not answer, the charge is put into a
 * durable queue and the answer is {@code {"status":"pending"}}: fallback by queueing for later.
 *
 * <p>The queue lies in the file PAYMENT_QUEUE and survives the end of the process. {@code GET
 * /queue} tells its length.
 */
final class PaymentApp {
  private static final String TOPIC = "charges";

  private final HttpApp app;
  private final Outbox queue;

  PaymentApp(HttpApp app) {
    this.app = app;
    var file = System.getenv().getOrDefault("PAYMENT_QUEUE", "payment-queue.db");
    this.queue = Outbox.open(Path.of(file), OutboxSettings.defaults());
  }

  void start() {
    var retry =
        RetrySettings.defaults()
            .withMaxRetries(100)
            .withInitialDelay(Duration.ofMillis(200))
            .withMaxDelay(Duration.ofSeconds(1));
    queue
        .worker(
            TOPIC,
            WorkerSettings.defaults()
                .withRetry(retry)
                .withLease(Duration.ofSeconds(15))
                .withPollInterval(Duration.ofMillis(200)),
            this::chargeLater)
        .start();
    app.post(
            "/charge",
            (request, body) -> {
              var order = body.path("order").asText();
              Tracing.tag("order.id", order);
              var charge = (ObjectNode) body;
              var reason = charge(charge);
              if (reason.isEmpty()) {
                return HttpApp.Answer.ok(HttpApp.object().put("status", "paid"));
              }
              queue
                  .enqueue(TOPIC, order, charge.toString().getBytes(StandardCharsets.UTF_8))
                  .orThrow();
              Tracing.event("payment_queued");
              return new HttpApp.Answer(
                  202, HttpApp.object().put("status", "pending").put("reason", reason.get()));
            })
        .get(
            "/queue",
            (request, body) ->
                HttpApp.Answer.ok(
                    HttpApp.object()
                        .put("length", queue.depth())
                        .put("dead", queue.deadLetterCount())))
        .start();
  }

  /** Why the bank did not book; empty if it did. */
  private Optional<String> charge(ObjectNode charge) throws InterruptedException {
    try {
      var reply = app.calls().post("http://bank/charges", charge, charge.path("order").asText());
      if (reply.isOk()) {
        return Optional.empty();
      }
      return Optional.of(reply.reason().isEmpty() ? "bank-" + reply.status() : reply.reason());
    } catch (IOException unreachable) {
      return Optional.of(unreachable.toString());
    }
  }

  private Handled chargeLater(Message message) throws Exception {
    var charge = (ObjectNode) HttpApp.mapper().readTree(message.payload());
    var reason = charge(charge);
    if (reason.isEmpty()) {
      return Handled.done();
    }
    return reason.get().equals("circuit-open")
        ? Handled.postponed(Duration.ofMillis(500))
        : Handled.failed(reason.get());
  }
}
