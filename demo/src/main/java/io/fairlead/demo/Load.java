package io.fairlead.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Steady traffic at a fixed rate, whatever the answers take: each call starts at its time on a
 * virtual thread of its own. Started and stopped by one thread.
 */
final class Load implements AutoCloseable {
  private final Supplier<Shop.Reply> call;
  private final long periodNanos;
  private final long startNanos = System.nanoTime();
  private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private volatile boolean stopped;

  /** One answered call, with its start after that of the load. */
  record Call(long atNanos, Shop.Reply reply) {}

  private Load(Supplier<Shop.Reply> call, int perSecond) {
    this.call = call;
    this.periodNanos = 1_000_000_000L / perSecond;
    this.thread = Thread.ofPlatform().name("load").unstarted(this::run);
  }

  static Load start(Supplier<Shop.Reply> call, int perSecond) {
    var load = new Load(call, perSecond);
    load.thread.start();
    return load;
  }

  private void run() {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (long i = 0; !stopped; i++) {
        long at = i * periodNanos;
        long wait = startNanos + at - System.nanoTime();
        if (wait > 0) {
          LockSupport.parkNanos(wait);
        }
        executor.execute(() -> calls.add(new Call(at, call.get())));
      }
    }
  }

  /** Nanoseconds since the start. */
  long nowNanos() {
    return System.nanoTime() - startNanos;
  }

  /** The calls answered so far. */
  List<Call> calls() {
    return List.copyOf(calls);
  }

  /** Starts no more calls, waits for those under way, and reports. */
  Report stop() throws InterruptedException {
    stopped = true;
    thread.join();
    return new Report(calls());
  }

  @Override
  public void close() {
    stopped = true;
  }

  /** What came of the calls. */
  record Report(List<Call> calls) {
    long count(Predicate<Shop.Reply> wanted) {
      return calls.stream().filter(c -> wanted.test(c.reply())).count();
    }

    /** Calls without a 2xx answer. */
    List<Call> failures() {
      return calls.stream().filter(c -> !c.reply().isOk()).toList();
    }

    /** Failures among the calls that started after this time. */
    List<Call> failuresAfter(Duration after) {
      return failures().stream().filter(c -> c.atNanos() > after.toNanos()).toList();
    }

    double percentileMillis(double percent) {
      return Load.percentileMillis(calls.stream().map(Call::reply).toList(), percent);
    }

    /** Some failures in words, for a report. */
    String failureText() {
      var texts = new ArrayList<String>();
      failures().stream()
          .limit(3)
          .forEach(
              c ->
                  texts.add(
                      "%d %s %s after %d ms"
                          .formatted(
                              c.reply().status(),
                              c.reply().reason(),
                              c.reply().body().path("error").asText(c.reply().body().toString()),
                              c.atNanos() / 1_000_000)));
      return String.join(" | ", texts);
    }
  }

  static double percentileMillis(List<Shop.Reply> replies, double percent) {
    var sorted = replies.stream().mapToLong(Shop.Reply::nanos).toArray();
    if (sorted.length == 0) {
      return 0;
    }
    Arrays.sort(sorted);
    int index = (int) Math.ceil(percent / 100 * sorted.length) - 1;
    return sorted[Math.max(0, index)] / 1e6;
  }
}
