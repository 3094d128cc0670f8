package io.fairlead.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a call again when its answer is late, and takes the first good answer (Dean and Barroso,
 * "The Tail at Scale", CACM 2013). For calls that may be made twice. Safe for all threads.
 *
 * <p>A try that fails ends nothing while another runs, so a hedge that fails fast never beats a
 * first try that would have succeeded. When all tries that were started have failed, the failure is
 * that of the first, with the others suppressed. A failure starts no hedge: that is what {@link
 * Retry} is for. As soon as the call is decided, the tries that still run are interrupted or
 * cancelled.
 *
 * <p>A {@link RetryBudget} may be shared with retries: each hedge takes one of it, and if there is
 * none the call goes on without. Requests are told to the budget by its owner, not here.
 */
public final class Hedge implements Policy {
  private final String name;
  private final Ticker ticker;
  private final @Nullable RetryBudget budget;
  private final LongAdder calls = new LongAdder();
  private final LongAdder hedges = new LongAdder();
  private final LongAdder won = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile HedgeSettings settings;

  /** Without a budget, on the clock of this process. */
  public Hedge(String name, HedgeSettings settings) {
    this(name, settings, Ticker.system(), Optional.empty());
  }

  /** The name appears in snapshots and names of threads. */
  public Hedge(String name, HedgeSettings settings, Ticker ticker, Optional<RetryBudget> budget) {
    this.name = name;
    this.settings = settings;
    this.ticker = ticker;
    this.budget = budget.orElse(null);
  }

  /** As {@link #call(Deadline, Callable)} without a deadline. */
  public <T> T call(Callable<T> callable) throws Exception {
    return run(null, callable);
  }

  /**
   * Makes the call on virtual threads of its own, one per try, while the caller waits. Thread
   * locals of the caller are not seen there.
   *
   * @param deadline no hedge starts once it has passed; the tries themselves have to heed it
   * @throws InterruptedException if interrupted while waiting; all tries are interrupted
   */
  public <T> T call(Deadline deadline, Callable<T> callable) throws Exception {
    return run(deadline, callable);
  }

  /** As {@link #callAsync(Deadline, Supplier)} without a deadline. */
  public <T> CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> supplier) {
    return runAsync(null, supplier);
  }

  /**
   * Makes the call by asking for a stage per try: for the first on the calling thread, for a hedge
   * on a virtual thread. If the stage given back ends otherwise, by {@code
   * toCompletableFuture().cancel} or a timeout, all tries are cancelled.
   */
  public <T> CompletionStage<T> callAsync(
      Deadline deadline, Supplier<? extends CompletionStage<T>> supplier) {
    return runAsync(deadline, supplier);
  }

  @Override
  public String name() {
    return name;
  }

  /** Always: between calls it knows nothing. */
  @Override
  public boolean isAtRest() {
    return true;
  }

  /** The settings in force. */
  public HedgeSettings settings() {
    return settings;
  }

  /** Puts other settings in force for calls that start from now on. */
  public void reconfigure(HedgeSettings other) {
    settings = other;
  }

  /** What this hedge has counted. */
  public HedgeSnapshot snapshot() {
    return new HedgeSnapshot(
        name, calls.sum(), hedges.sum(), won.sum(), refused.sum(), failed.sum());
  }

  @Override
  public String toString() {
    HedgeSnapshot now = snapshot();
    return "hedge %s: %d calls, %d hedges, %d won, %d refused by the budget, %d calls failed"
        .formatted(
            name,
            now.calls(),
            now.hedges(),
            now.hedgesWon(),
            now.hedgesRefused(),
            now.failedCalls());
  }

  private <T> CompletionStage<T> runAsync(
      @Nullable Deadline deadline, Supplier<? extends CompletionStage<T>> supplier) {
    calls.increment();
    return new HedgedStages<T>(this, settings, ticker, deadline, supplier).start();
  }

  private <T> T run(@Nullable Deadline deadline, Callable<T> callable) throws Exception {
    calls.increment();
    HedgeSettings rules = settings;
    var race = new Race<T>(name, callable);
    try {
      long delay = rules.delay().toNanos();
      long hedgeAt = ticker.nanos() + delay;
      race.start();
      boolean mayHedge = rules.maxHedges() > 0;
      while (true) {
        Ended<T> ended = mayHedge ? race.await(hedgeAt - ticker.nanos()) : race.await();
        if (ended != null) {
          if (ended.failure == null) {
            tellWinner(ended.number);
            return ended.value;
          }
          if (race.lost(ended)) {
            tellFailed();
            throw race.failure();
          }
        } else if (hedgeAt - ticker.nanos() <= 0) {
          mayHedge = granted(deadline);
          if (mayHedge) {
            hedgeAt = ticker.nanos() + delay;
            race.start();
            mayHedge = race.hedges() < rules.maxHedges();
          }
        }
      }
    } finally {
      race.interruptAll();
    }
  }

  /** Whether a hedge may start now; it has then taken from the budget and is counted. */
  boolean granted(@Nullable Deadline deadline) {
    if (deadline != null && deadline.passed(ticker)) {
      return false;
    }
    if (budget != null && !budget.tryRetry()) {
      refused.increment();
      return false;
    }
    hedges.increment();
    return true;
  }

  void tellWinner(int number) {
    if (number > 0) {
      won.increment();
    }
  }

  void tellFailed() {
    failed.increment();
  }

  /** The failure of the first try with those of the others. */
  static Throwable together(List<@Nullable Throwable> failures) {
    Throwable first = failures.getFirst();
    if (first == null) {
      throw new IllegalStateException("the first try has not failed");
    }
    for (Throwable other : failures.subList(1, failures.size())) {
      if (other != null && other != first) {
        first.addSuppressed(other);
      }
    }
    return first;
  }

  /** How a try ended: without a failure it succeeded. */
  private record Ended<T>(int number, T value, @Nullable Throwable failure) {}

  /** The tries of one call. Used by its caller alone, but for the queue. */
  private static final class Race<T> {
    private final String name;
    private final Callable<T> callable;
    private final LinkedBlockingQueue<Ended<T>> ends = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>(2);
    private final List<@Nullable Throwable> failures = new ArrayList<>(2);
    private int failed;

    Race(String name, Callable<T> callable) {
      this.name = name;
      this.callable = callable;
    }

    void start() {
      int number = threads.size();
      failures.add(null);
      Thread thread =
          Thread.ofVirtual().name("hedge-" + name + "-" + number).unstarted(() -> run(number));
      threads.add(thread);
      thread.start();
    }

    /** Null is a value of a call that may give null, so there is no telling it from none. */
    @SuppressWarnings("NullAway")
    private void run(int number) {
      try {
        ends.add(new Ended<>(number, callable.call(), null));
      } catch (Throwable e) {
        ends.add(new Ended<>(number, null, e));
      }
    }

    Ended<T> await() throws InterruptedException {
      return ends.take();
    }

    @Nullable Ended<T> await(long nanos) throws InterruptedException {
      return ends.poll(nanos, TimeUnit.NANOSECONDS);
    }

    int hedges() {
      return threads.size() - 1;
    }

    /** Whether that was the last. */
    boolean lost(Ended<T> ended) {
      failures.set(ended.number, ended.failure);
      return ++failed == threads.size();
    }

    Exception failure() {
      return switch (together(failures)) {
        case Exception e -> e;
        case Error e -> throw e;
        case Throwable e -> new IllegalStateException(e);
      };
    }

    void interruptAll() {
      threads.forEach(Thread::interrupt);
    }
  }
}
