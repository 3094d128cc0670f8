package io.fairlead.interop.resilience;

import java.util.Optional;

/** A semaphore bulkhead of any library. */
@FunctionalInterface
interface Entrance {
  /** A place within the wait that the bulkhead was made with, and how to give it back. */
  Optional<Runnable> enter() throws InterruptedException;
}
