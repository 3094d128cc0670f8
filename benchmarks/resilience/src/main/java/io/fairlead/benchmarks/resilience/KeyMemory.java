package io.fairlead.benchmarks.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Finds how many bytes of heap a key costs when 100,000 of them have a breaker of their own that
 * was used once: the key, its entry and the breaker. The arguments name the library and the file
 * for the result.
 */
final class KeyMemory {
  private static final int COLLECTIONS = 4;

  private KeyMemory() {}

  static void main(String[] arguments) throws IOException {
    Consumer<String> library =
        switch (arguments[0]) {
          case "fairlead" -> fairlead();
          case "resilience4j" -> resilience4j();
          default -> throw new IllegalArgumentException("library: was " + arguments[0]);
        };
    // Classes, and what a library makes once, are no cost of a key.
    library.accept("warm-up");
    long before = usedBytes();
    for (int i = 0; i < Shared.KEYS; i++) {
      library.accept(Shared.key(i));
    }
    long bytes = usedBytes() - before;
    Reference.reachabilityFence(library);
    Files.writeString(Path.of(arguments[1]), Double.toString((double) bytes / Shared.KEYS));
  }

  private static Consumer<String> fairlead() {
    var breakers = FairleadPolicies.perKey();
    return key -> {
      var breaker = breakers.get(key);
      breaker.success(breaker.tryAcquire(), 1);
    };
  }

  private static Consumer<String> resilience4j() {
    var registry = CircuitBreakerRegistry.of(Resilience4jPolicies.countConfig());
    return key -> {
      var breaker = registry.circuitBreaker(key);
      breaker.tryAcquirePermission();
      breaker.onSuccess(1, TimeUnit.NANOSECONDS);
    };
  }

  private static long usedBytes() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
