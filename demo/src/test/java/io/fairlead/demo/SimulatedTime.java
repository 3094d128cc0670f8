package io.fairlead.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Time that moves from one event to the next. Tasks have threads of their own and take turns: one
 * runs while all others sleep here, so a run is the same each time. Whoever has the turn may call
 * its methods.
 */
final class SimulatedTime {
  private static final long MOST_SECONDS = 60;

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(
          Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::number));

  private final Semaphore turn = new Semaphore(0);
  private final List<Throwable> failures = new ArrayList<>();
  private volatile long nanos;
  private long number;

  private record Event(long atNanos, long number, Runnable action) {}

  /** What a thread of its own does. */
  interface Task {
    void run() throws Exception;
  }

  long nanos() {
    return nanos;
  }

  void at(Duration when, Runnable action) {
    events.add(new Event(when.toNanos(), number++, action));
  }

  void start(Duration when, Task task) {
    at(
        when,
        () -> {
          Thread.ofVirtual().start(() -> perform(task));
          awaitTurn();
        });
  }

  private void perform(Task task) {
    try {
      task.run();
    } catch (Throwable e) {
      failures.add(e);
    } finally {
      turn.release();
    }
  }

  /** Of the calling task. */
  void sleep(long sleepNanos) throws InterruptedException {
    var wake = new Semaphore(0);
    at(
        Duration.ofNanos(nanos + sleepNanos),
        () -> {
          wake.release();
          awaitTurn();
        });
    turn.release();
    wake.acquire();
  }

  /** Goes on until this time, and does this after each event. */
  void run(Duration until, Runnable afterEach) {
    while (!events.isEmpty() && events.peek().atNanos() <= until.toNanos()) {
      var event = events.remove();
      nanos = event.atNanos();
      event.action().run();
      if (!failures.isEmpty()) {
        throw new AssertionError("a task failed at " + Duration.ofNanos(nanos), failures.get(0));
      }
      afterEach.run();
    }
  }

  private void awaitTurn() {
    try {
      if (!turn.tryAcquire(MOST_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("a task waits for something else than simulated time");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
