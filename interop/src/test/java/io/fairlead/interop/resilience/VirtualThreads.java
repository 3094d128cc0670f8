package io.fairlead.interop.resilience;

import io.fairlead.testkit.ChildJvm;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Whether a virtual thread that waits inside a policy leaves its carrier to others. In a process
 * that has a single carrier, another virtual thread must make progress meanwhile. Since JDK 24 a
 * monitor pins nobody (JEP 491); what is left are native frames. Stateless.
 */
final class VirtualThreads {
  private static final Duration BOUND = Duration.ofMinutes(1);

  private VirtualThreads() {}

  static Outcome carrier(Library library) throws IOException, InterruptedException {
    return run(library.getClass().getSimpleName());
  }

  /** What the same check says of a thread that is pinned for certain. */
  static Outcome control() throws IOException, InterruptedException {
    return run(OneCarrier.PINNED);
  }

  private static Outcome run(String what) throws IOException, InterruptedException {
    try (var child = ChildJvm.start(OneCarrier.class, List.of(what))) {
      return Outcome.valueOf(child.awaitLine(OneCarrier.RESULT, BOUND));
    }
  }
}
