package io.fairlead.interop.resilience;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;

/** Who still holds a policy that its user has dropped. Stateless. */
final class Garbage {
  private static final int MOST_COLLECTIONS = 20;

  /** More than a bounded registry of these tests keeps. */
  private static final int OTHER_KEYS = 2_000;

  private Garbage() {}

  static Outcome used(Library library) {
    return collected(new WeakReference<>(library.usedPolicy()));
  }

  static Outcome withTimer(Library library) throws Exception {
    return Outcome.okIf(
        library.policiesWithTimer().stream().map(WeakReference<Object>::new).toList().stream()
            .allMatch(reference -> collected(reference) == Outcome.OK));
  }

  /** The registry itself stays in use, as that of an application always does. */
  static Outcome entry(Library library) {
    var registry = library.registry();
    if (registry.isEmpty()) {
      return Outcome.NOT_OFFERED;
    }
    var policies = registry.orElseThrow();
    var first = new WeakReference<>(policies.get("first of many"));
    for (int i = 0; i < OTHER_KEYS; i++) {
      policies.get("key " + i);
    }
    var outcome = collected(first);
    Reference.reachabilityFence(policies);
    return outcome;
  }

  private static Outcome collected(WeakReference<Object> reference) {
    for (int i = 0; i < MOST_COLLECTIONS && reference.get() != null; i++) {
      System.gc();
    }
    return Outcome.okIf(reference.get() == null);
  }
}
