package io.fairlead.resilience;

import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** Every interleaving of a few operations must equal some order of them, one after the other. */
class LinearizabilityTest {
  private static final Ticker STILL = () -> 0;

  @Test
  void bulkheadIsLinearizable() {
    Linearizability.check(BulkheadOperations.class);
  }

  @Test
  void rateLimiterIsLinearizable() {
    Linearizability.check(RateLimiterOperations.class);
  }

  @Test
  void probesOfAHalfOpenBreakerAreLinearizable() {
    Linearizability.check(ProbeOperations.class);
  }

  /** Public for the checker. Each thread gives back what it holds itself. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static final class BulkheadOperations {
    private final Bulkhead bulkhead =
        new Bulkhead("two", BulkheadSettings.defaults().withMaxConcurrentCalls(2), STILL);
    private final HeldPermits held = new HeldPermits(bulkhead);

    public BulkheadOperations() {}

    @Operation
    public boolean acquire(@Param(name = "thread") int thread) {
      return held.acquire(thread);
    }

    @Operation
    public boolean release(@Param(name = "thread") int thread) {
      return held.release(thread);
    }
  }

  /** Public for the checker. */
  public static final class RateLimiterOperations {
    private final RateLimiter limiter =
        new RateLimiter("three", new RateLimitSettings(3, Duration.ofSeconds(1)), STILL);

    public RateLimiterOperations() {}

    @Operation
    public long tryAcquire() {
      return limiter.tryAcquire();
    }

    @Operation
    public long available() {
      return limiter.available();
    }
  }

  /** Public for the checker. Each thread tells the outcome of the probe that it leased itself. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static final class ProbeOperations {
    private final CircuitPhase.HalfOpen halfOpen = new CircuitPhase.HalfOpen(1, 0, 2);
    private final long[] held = new long[Linearizability.IDS];

    public ProbeOperations() {}

    @Operation
    public boolean lease(@Param(name = "thread") int thread) {
      long permit = halfOpen.lease(0);
      held[thread] = permit;
      return permit >= 0;
    }

    @Operation
    public void giveBack(@Param(name = "thread") int thread) {
      if (held[thread] > 0) {
        halfOpen.giveBack(held[thread]);
      }
    }

    @Operation
    public boolean finish(@Param(name = "thread") int thread) {
      return held[thread] > 0 && halfOpen.finish(held[thread], CircuitWindow.CALL);
    }
  }
}
