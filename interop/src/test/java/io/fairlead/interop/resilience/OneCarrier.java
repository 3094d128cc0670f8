package io.fairlead.interop.resilience;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The process that {@link VirtualThreads} starts. */
final class OneCarrier {
  static final String RESULT = "result ";
  static final String PINNED = "pinned";

  private static final Logger LOG = Logger.getLogger(OneCarrier.class.getName());
  private static final long BOUND_SECONDS = 20;
  private static final long CONTROL_SECONDS = 1;

  private OneCarrier() {}

  static void main(String[] arguments) throws InterruptedException {
    // Read when the first virtual thread is made.
    System.setProperty("jdk.virtualThreadScheduler.parallelism", "1");
    System.setProperty("jdk.virtualThreadScheduler.maxPoolSize", "1");
    var what = arguments[0];
    var progress =
        what.equals(PINNED)
            ? progressBeside(NeverInitialized::reach, CONTROL_SECONDS)
            : progressBesideAll(library(what));
    System.out.println(RESULT + Outcome.okIf(progress));
    System.exit(0);
  }

  private static Library library(String name) {
    return Libraries.ALL.stream()
        .filter(library -> library.getClass().getSimpleName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static boolean progressBesideAll(Library library) throws InterruptedException {
    var calls = new HashMap<String, Callable<?>>(library.waitingCalls());
    var breaker = library.breaker(Wish.probes(1));
    calls.put("the call", () -> breaker.call(() -> new CountDownLatch(1).await(1, TimeUnit.HOURS)));
    boolean all = true;
    for (Map.Entry<String, Callable<?>> call : calls.entrySet()) {
      all &= progressBeside(call.getValue(), BOUND_SECONDS);
    }
    return all;
  }

  private static boolean progressBeside(Callable<?> waiting, long boundSeconds)
      throws InterruptedException {
    var entered = new CountDownLatch(1);
    var progress = new CountDownLatch(1);
    var first =
        Thread.startVirtualThread(
            () -> {
              entered.countDown();
              try {
                waiting.call();
              } catch (Exception e) {
                LOG.log(Level.FINE, "interrupted at last", e);
              }
            });
    if (!entered.await(BOUND_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the first virtual thread did not start");
    }
    // Runs only once the carrier is free, which is when the first one waits without it.
    Thread.startVirtualThread(progress::countDown);
    boolean seen = progress.await(boundSeconds, TimeUnit.SECONDS) && first.isAlive();
    first.interrupt();
    return seen;
  }

  /** Its initializer waits, and has a frame of the virtual machine below it. */
  private static final class NeverInitialized {
    static {
      LockSupport.parkNanos(TimeUnit.HOURS.toNanos(1));
    }

    private NeverInitialized() {}

    static String reach() {
      return "initialized";
    }
  }
}
