package io.fairlead.interop.resilience;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Optional;

/** Who still holds a policy that its user has dropped. Stateless. */
final class Garbage {
  private static final int MOST_COLLECTIONS = 20;

  private Garbage() {}

  static Outcome used(Library library) {
    return collected(new WeakReference<>(library.usedPolicy()));
  }

  static Outcome withTimer(Library library) throws Exception {
    return Outcome.okIf(
        library.policiesWithTimer().stream().map(WeakReference<Object>::new).toList().stream()
            .allMatch(reference -> collected(reference) == Outcome.OK));
  }

  static Outcome entry(Library library) {
    Optional<WeakReference<Object>> entry =
        library.unusedEntryOfRegistry().map(WeakReference<Object>::new);
    var outcome = entry.map(Garbage::collected).orElse(Outcome.NOT_OFFERED);
    // The registry itself is still in use, as that of an application always is.
    Reference.reachabilityFence(library);
    return outcome;
  }

  private static Outcome collected(WeakReference<Object> reference) {
    for (int i = 0; i < MOST_COLLECTIONS && reference.get() != null; i++) {
      System.gc();
    }
    return Outcome.okIf(reference.get() == null);
  }
}
