package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Letting a call through or refusing it leaves nothing for the garbage collector. */
class AllocationTest {
  private static final int CALLS = 200_000;
  private static final Duration HOUR = Duration.ofHours(1);

  private interface Work {
    void run() throws Exception;
  }

  @Test
  void permitsAndRefusalsAllocateNothing() throws Exception {
    // By name, since the module of the library does not require that of the JDK.
    Object threads;
    Method allocated;
    try {
      threads =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getThreadMXBean")
              .invoke(null);
      allocated =
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes");
    } catch (ReflectiveOperationException e) {
      assumeTrue(false, "this JVM does not count allocated bytes: " + e);
      throw e;
    }
    for (var entry : works().entrySet()) {
      repeat(entry.getValue());
      long before = (long) allocated.invoke(threads);
      repeat(entry.getValue());
      long bytes = (long) allocated.invoke(threads) - before;
      // A byte per call would be 200,000; the reflection and a compiled method take some.
      assertThat(bytes).as(entry.getKey()).isLessThan(CALLS / 4);
    }
  }

  private static Map<String, Work> works() {
    Map<String, Work> works = new LinkedHashMap<>();
    var gradient = new AdaptiveLimit("a", AdaptiveLimitSettings.defaults());
    works.put("gradient", () -> gradient.success(gradient.tryAcquire(), 1_000));
    var aimd =
        new AdaptiveLimit(
            "a", AdaptiveLimitSettings.defaults().withAlgorithm(LimitAlgorithm.aimd()));
    works.put("aimd", () -> aimd.success(aimd.tryAcquire(), 1_000));
    works.put("dropped", () -> aimd.dropped(aimd.tryAcquire()));
    var shedder = LoadShedder.fixed("s", LoadShedderSettings.defaults(), 1);
    works.put("shed", () -> shedder.tryAcquire(Priority.SHEDDABLE));
    for (RateLimitAlgorithm algorithm : RateLimitAlgorithm.values()) {
      var wide = new RateLimiter("w", new RateLimitSettings(50_000, HOUR, algorithm));
      works.put(algorithm + " passing, then refusing", wide::tryAcquire);
      var narrow = new RateLimiter("n", new RateLimitSettings(10, HOUR, algorithm));
      works.put(algorithm + " reserving", () -> narrow.reserve(1));
    }
    var cache = new CallCache<String, String>("c", CallCacheSettings.defaults());
    works.put("cache hit", () -> cache.get("key", () -> "value"));
    return works;
  }

  private static void repeat(Work work) throws Exception {
    for (int i = 0; i < CALLS; i++) {
      work.run();
    }
  }
}
