package io.fairlead.resilience;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * As {@link LinearizabilityTest}, for the classes that spread threads over cells. Some of them are
 * not linearizable and do not say so: they promise what holds when no operation is under way
 * (quiescent consistency), and that is what is checked after every interleaving. Lincheck knows of
 * no memory weaker than sequentially consistent; what plain and release accesses do is for the
 * storms.
 */
class CellsLinearizabilityTest {
  private static final CircuitRules NEVER =
      new CircuitRules(
          CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(1_000_000), () -> 0);

  /** A bulkhead whose maximum changes is linearizable: nothing is lost, nothing refused in vain. */
  @Test
  void placesThatAreResizedAreLinearizable() {
    Linearizability.check(ResizedOperations.class);
  }

  /** Public for the checker. Each thread gives back what it holds itself. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static final class ResizedOperations {
    private static final BulkheadSettings SETTINGS = BulkheadSettings.defaults();
    private final Bulkhead bulkhead =
        new Bulkhead("two", SETTINGS.withMaxConcurrentCalls(2), () -> 0);
    private final HeldPermits held = new HeldPermits(bulkhead);

    public ResizedOperations() {}

    @Operation
    public boolean acquire(@Param(name = "thread") int thread) {
      return held.acquire(thread);
    }

    @Operation
    public boolean release(@Param(name = "thread") int thread) {
      return held.release(thread);
    }

    @Operation
    public void two() {
      bulkhead.reconfigure(SETTINGS.withMaxConcurrentCalls(2));
    }

    /** More than there are cells for, so that a counter serves. */
    @Operation
    public void many() {
      bulkhead.reconfigure(SETTINGS.withMaxConcurrentCalls(Places.MOST_CELLS + 1));
    }

    /** After all operations, on the last thread. */
    @Validate
    public void everyPermitIsInUse() {
      same("in use", bulkhead.inUse(), held.all());
    }
  }

  /** A sum of counters that only grow by one is one that there was, so it is linearizable. */
  @Test
  void tallyIsLinearizable() {
    Linearizability.check(TallyOperations.class);
  }

  /** Public for the checker. */
  public static final class TallyOperations {
    private final Tally tally = new Tally();

    public TallyOperations() {
      tally.makeCells();
    }

    @Operation
    public void increment() {
      tally.increment();
    }

    @Operation
    public long sum() {
      return tally.sum();
    }
  }

  /** Quiescent consistency: the order of outcomes that are added together is not kept. */
  @Test
  void sumsOfACountWindowAreThoseOfItsSlotsWhenNobodyAdds() {
    Linearizability.check(WindowOperations.class);
  }

  /** Public for the checker. One success may wait in a stripe. */
  public static final class WindowOperations {
    private static final int SIZE = 16;
    private final CountWindow window = new CountWindow(SIZE);

    public WindowOperations() {
      for (int i = 0; i < SIZE; i++) {
        window.add(i == 0 ? CircuitWindow.CALL | CircuitWindow.FAILED : CircuitWindow.CALL, NEVER);
      }
    }

    @Operation
    public void success() {
      window.add(CircuitWindow.CALL, NEVER);
    }

    @Operation
    public void failure() {
      window.add(CircuitWindow.CALL | CircuitWindow.FAILED, NEVER);
    }

    @Operation
    public void slow() {
      window.add(CircuitWindow.CALL | CircuitWindow.SLOW, NEVER);
    }

    @Operation
    public long callsThatAreRead() {
      return window.outcomes().calls();
    }

    /** After all operations, on the last thread. */
    @Validate
    public void sumsAreThoseOfTheSlots() {
      Outcomes sums = window.outcomes();
      same("sums", sums, window.recount());
      same("calls", sums.calls(), (long) SIZE);
    }
  }

  /** Not linearizable, as documented: at the edge some are refused that would pass in a row. */
  @Test
  void retryBudgetIsNeverExceededAndLosesNothing() {
    Linearizability.check(BudgetOperations.class);
  }

  /** Public for the checker. As many retries as requests. */
  public static final class BudgetOperations {
    private final RetryBudget budget = new RetryBudget(new RetryBudgetSettings(100, 0), () -> 0);
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger granted = new AtomicInteger();

    public BudgetOperations() {}

    @Operation
    public void request() {
      requests.incrementAndGet();
      budget.requestStarted();
    }

    @Operation
    public void retry() {
      if (budget.tryRetry()) {
        granted.incrementAndGet();
      }
    }

    /** After all operations, on the last thread. */
    @Validate
    public void notExceededAndAllCounted() {
      same("exceeded", granted.get() > requests.get(), false);
      String counted = "retry budget: %d retries of %d requests in 10 s, %d refused";
      String all = counted.formatted(granted.get(), requests.get(), budget.refused());
      same("budget", budget.toString(), all);
    }
  }

  /**
   * Not linearizable: while others look for a key that may go, a new key may find none and share.
   */
  @Test
  void policiesPerKeyKeepTheirMaximumAndTheirRoom() {
    Linearizability.check(KeyOperations.class);
  }

  /** Public for the checker. */
  public static final class KeyOperations {
    private final Timeout shared = timeout("shared");
    private final PerKey<String, Timeout> policies =
        new PerKey<>(2, CellsLinearizabilityTest::timeout, shared);

    public KeyOperations() {}

    @Operation
    public boolean a() {
      return isOf("a");
    }

    @Operation
    public boolean b() {
      return isOf("b");
    }

    @Operation
    public boolean c() {
      return isOf("c");
    }

    private boolean isOf(String key) {
      Timeout policy = policies.get(key);
      Timeout seen = policies.peek(key);
      return (policy == shared || policy.name().equals(key))
          && (seen == null || seen.name().equals(key));
    }

    /** After all operations: every place can still be had. */
    @Validate
    public void placesAreKept() {
      same("too many", policies.size() > 2, false);
      for (String key : new String[] {"d", "e", "f"}) {
        same("policy", policies.get(key).name(), key);
      }
      same("policies", policies.size(), 2);
    }
  }

  /** The checker traces what runs, which the assertions of the other tests do not bear. */
  private static void same(String what, Object is, Object expected) {
    if (!is.equals(expected)) {
      throw new IllegalStateException(what + ": was " + is + ", not " + expected);
    }
  }

  private static Timeout timeout(String name) {
    return new Timeout(name, Duration.ofSeconds(1));
  }
}
