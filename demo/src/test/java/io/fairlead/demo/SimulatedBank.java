package io.fairlead.demo;

import io.fairlead.demo.PaymentService.Answer;
import io.fairlead.resilience.Deadline;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A bank that misbehaves when told to, with the client that calls it. It charges each idempotency
 * key once, however often it is asked, and declines each fiftieth order.
 */
final class SimulatedBank {
  private static final Duration USUAL = Duration.ofMillis(150);
  private static final Duration P99 = Duration.ofMillis(400);
  private static final Duration SLOW = Duration.ofMillis(2_500);
  private static final Duration TOO_SLOW = Duration.ofSeconds(4);

  final List<String> charged = new ArrayList<>();
  final List<String> repeated = new ArrayList<>();
  int asked;
  Mode mode = Mode.FINE;

  private final SimulatedTime time;
  private final Map<String, Answer> answers = new HashMap<>();

  enum Mode {
    FINE,
    SLOW,
    REFUSING
  }

  SimulatedBank(SimulatedTime time) {
    this.time = time;
  }

  /** What is too late for the caller happens at the bank all the same. */
  Answer charge(String key, Deadline deadline) throws Exception {
    asked++;
    if (mode == Mode.REFUSING) {
      throw new ConnectException("the bank refuses connections");
    }
    var latency =
        switch (mode) {
          case SLOW -> asked % 10 == 0 ? TOO_SLOW : SLOW;
          case FINE, REFUSING -> asked % 100 == 0 ? P99 : USUAL;
        };
    long left = deadline.remainingNanos(time::nanos);
    if (latency.toNanos() >= left) {
      time.at(latency.plusNanos(time.nanos()), () -> book(key));
      time.sleep(left);
      throw new SocketTimeoutException("the bank did not answer in time");
    }
    time.sleep(latency.toNanos());
    return book(key);
  }

  private Answer book(String key) {
    var known = answers.get(key);
    if (known != null) {
      repeated.add(key);
      return known;
    }
    var answer = isDeclined(key) ? Answer.DECLINED : Answer.PAID;
    answers.put(key, answer);
    if (answer == Answer.PAID) {
      charged.add(key);
    }
    return answer;
  }

  static boolean isDeclined(String key) {
    return Integer.parseInt(key) % 50 == 0;
  }
}
