package io.fairlead.resilience;

import java.time.Duration;
import java.util.Arrays;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** As {@link LinearizabilityTest}, for the limits that learn and those that count otherwise. */
class PolicyLinearizabilityTest {

  @Test
  void adaptiveLimitIsLinearizable() {
    Linearizability.check(AdaptiveLimitOperations.class);
  }

  /** Public for the checker. Each thread tells the outcomes of its own permits. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static final class AdaptiveLimitOperations {
    private final AdaptiveLimit limit =
        new AdaptiveLimit(
            "three", new AdaptiveLimitSettings(LimitAlgorithm.aimd(), 3, 1, 3), () -> 0);
    private final long[] held = new long[Linearizability.IDS];

    public AdaptiveLimitOperations() {
      Arrays.fill(held, -1);
    }

    @Operation
    public boolean acquire(@Param(name = "thread") int thread) {
      if (held[thread] >= 0) {
        return false;
      }
      held[thread] = limit.tryAcquire();
      return held[thread] >= 0;
    }

    @Operation
    public boolean drop(@Param(name = "thread") int thread) {
      if (held[thread] < 0) {
        return false;
      }
      limit.dropped(held[thread]);
      held[thread] = -1;
      return true;
    }

    @Operation
    public boolean ignore(@Param(name = "thread") int thread) {
      if (held[thread] < 0) {
        return false;
      }
      limit.ignore(held[thread]);
      held[thread] = -1;
      return true;
    }

    @Operation
    public int limit() {
      return limit.limit();
    }

    @Operation
    public int inFlight() {
      return limit.inFlight();
    }
  }

  @Test
  void slidingWindowIsLinearizable() {
    Linearizability.check(SlidingWindowOperations.class);
  }

  /** Public for the checker. */
  public static final class SlidingWindowOperations {
    private final RateLimiter limiter =
        new RateLimiter(
            "two",
            new RateLimitSettings(2, Duration.ofSeconds(1), RateLimitAlgorithm.SLIDING_WINDOW),
            () -> 0);

    public SlidingWindowOperations() {}

    @Operation
    public long tryAcquire() {
      return limiter.tryAcquire();
    }

    @Operation
    public long reserve() {
      return limiter.reserve(3_500_000_000L);
    }
  }
}
