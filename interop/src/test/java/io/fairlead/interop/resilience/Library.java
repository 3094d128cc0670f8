package io.fairlead.interop.resilience;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/** One of the libraries that are compared. Each method makes something new. */
interface Library {
  /** As the table names it. */
  String title();

  /** The hooks that this library has. */
  Set<Wish.Hook> hooks();

  /** Fails for a hook that is not in {@link #hooks}. */
  Breaker breaker(Wish wish);

  /** All settings as the library has them by default. */
  Breaker defaultBreaker();

  /** A semaphore bulkhead with so many places, which lets nobody wait longer. */
  Entrance bulkhead(int places, Duration maxWait);

  /** A timeout for synchronous calls, with default settings but its limit, if there is one. */
  Optional<Timeouts.Limited> timeout(Duration limit);

  /** The policies that may keep a call waiting, by name, each with a call that waits. */
  Map<String, Callable<?>> waitingCalls();

  /** What comes out of policies with default settings that reject a call. */
  List<Throwable> rejections();

  /** A policy that was used and that nobody else holds. */
  Object usedPolicy();

  /** Policies that had, or have had, to do something later when their user dropped them. */
  List<Object> policiesWithTimer() throws Exception;

  /** Keeps a policy for each key, if there is such a thing. */
  Optional<Registry> registry();

  /** Runs the step of the clock, if the library takes one that can be stepped back. */
  Optional<Outcome> afterClockStep();

  /** Finds or makes the policy of a key. */
  @FunctionalInterface
  interface Registry {
    Object get(String key);
  }

  /** A class of the code that holds the policies. */
  Class<?> codeOfPolicies();
}
