package io.fairlead.resilience;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A service with some workers and a queue before them, driven by callers that never tire, event by
 * event on a manual clock. By Little's law its capacity in flight is the number of its workers.
 */
final class SimulatedService {
  private record Call(long permit, long startNanos) {}

  private record End(long atNanos, Call call) {}

  final ManualTicker ticker = new ManualTicker();
  int workers;
  long serviceNanos;
  int maxQueue = Integer.MAX_VALUE;
  int highest;
  int lowest = Integer.MAX_VALUE;
  long served;

  private final AdaptiveLimit limit;
  private final Random random;
  private final ArrayDeque<Call> queue = new ArrayDeque<>();
  private final PriorityQueue<End> running =
      new PriorityQueue<>(Comparator.comparingLong(End::atNanos));
  private long now;

  SimulatedService(AdaptiveLimit limit, int workers, long serviceNanos, long seed) {
    this.limit = limit;
    this.workers = workers;
    this.serviceNanos = serviceNanos;
    random = new Random(seed);
  }

  /** Serves this many calls; gives the calls per second of that time. */
  double serve(int calls) {
    long from = now;
    long before = served;
    while (served < before + calls) {
      admit();
      End end = running.remove();
      ticker.advanceNanos(end.atNanos - now);
      now = end.atNanos;
      served++;
      limit.success(end.call.permit, now - end.call.startNanos);
      start();
      highest = Math.max(highest, limit.limit());
      lowest = Math.min(lowest, limit.limit());
    }
    return (served - before) * 1e9 / (now - from);
  }

  /** One caller per free place, and one more that is refused. */
  private void admit() {
    // A full queue answers at once, so bound the tries of one instant.
    for (int tries = 0; tries < 2_000; tries++) {
      int allowed = limit.limit();
      long permit = limit.tryAcquire();
      if (permit < 0) {
        return;
      }
      if (limit.inFlight() > allowed) {
        throw new AssertionError(limit.inFlight() + " in flight, limit " + allowed);
      }
      if (queue.size() >= maxQueue) {
        limit.dropped(permit);
        return;
      }
      queue.add(new Call(permit, now));
      start();
    }
  }

  private void start() {
    while (running.size() < workers && !queue.isEmpty()) {
      long duration = (long) (serviceNanos * (0.9 + 0.2 * random.nextDouble()));
      running.add(new End(now + duration, queue.remove()));
    }
  }
}
