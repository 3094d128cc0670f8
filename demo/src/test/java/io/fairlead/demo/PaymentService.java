package io.fairlead.demo;

import io.fairlead.outbox.Handled;
import io.fairlead.outbox.Message;
import io.fairlead.outbox.Outbox;
import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.Deadline;
import io.fairlead.resilience.Fallback;
import io.fairlead.resilience.LaterQueue;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.RejectedCallException;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.Ticker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The payment service of the exercise in {@code docs/resilience/payment-exercise.md}, which shows
 * what stands between {@code // guide} and {@code // end}. {@link PaymentExerciseTest} runs it.
 */
final class PaymentService {
  private static final Duration SHORTLY = Duration.ofMillis(500);

  /** What became of orders that were answered as pending. */
  final Map<String, Answer> told = new LinkedHashMap<>();

  private final LaterQueue queue;
  private final Pipeline<Answer> now;
  private final Pipeline<Answer> later;
  private final CircuitBreaker breaker;
  private final SimulatedBank bank;
  private final Ticker ticker;
  private final Duration limit;

  enum Answer {
    PAID,
    DECLINED,
    PENDING
  }

  record Order(String id) {
    byte[] bytes() {
      return id.getBytes(StandardCharsets.UTF_8);
    }
  }

  /** The policies, and how long a charge may take by which clock. */
  record Policies(
      Retry retry, CircuitBreaker breaker, Bulkhead bulkhead, Duration limit, Ticker ticker) {}

  PaymentService(Policies policies, Outbox outbox, SimulatedBank bank) {
    var retry = policies.retry();
    breaker = policies.breaker();
    var bulkhead = policies.bulkhead();
    // guide
    queue = (key, bytes) -> outbox.enqueue("charges", key, bytes).orThrow();
    // end
    // guide
    now =
        Pipeline.<Answer>named("bank")
            .retry(retry)
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .build();
    later =
        Pipeline.<Answer>named("bank, later").circuitBreaker(breaker).bulkhead(bulkhead).build();
    // end
    this.bank = bank;
    ticker = policies.ticker();
    limit = policies.limit();
  }

  // guide
  Answer charge(Order order) throws Exception {
    Deadline deadline = Deadline.after(limit, ticker);
    return now.call(
        () -> bank.charge(order.id(), deadline),
        Fallback.later(queue, order.id(), order::bytes, Answer.PENDING));
  }

  Handled chargeLater(Message message) throws Exception {
    Deadline deadline = Deadline.after(limit, ticker);
    try {
      Answer answer = later.call(() -> bank.charge(message.key(), deadline));
      tell(message.key(), answer); // paid or declined: the customer was told "pending"
      return Handled.done();
    } catch (RejectedCallException e) {
      Duration open = Duration.ofNanos(breaker.remainingOpenNanos());
      return Handled.postponed(open.isZero() ? SHORTLY : open.plusMillis(1)); // no attempt
    } // what else it throws is a failed attempt
  }

  // end

  private void tell(String order, Answer answer) {
    told.put(order, answer);
  }
}
