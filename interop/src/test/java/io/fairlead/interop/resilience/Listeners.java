package io.fairlead.interop.resilience;

import io.fairlead.interop.resilience.Wish.Hook;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Scenarios around code that is told of what a breaker does. Stateless. */
final class Listeners {
  private static final long BOUND_SECONDS = 20;

  private Listeners() {}

  static Outcome throwing(Library library) throws Exception {
    var broken = new Switchable();
    var breaker = library.breaker(new Wish(1, all(library, broken)));
    breaker.openAndWait();
    broken.on();
    try {
      var unharmed = "result".equals(breaker.call(() -> "result"));
      return unharmed ? breaker.notStuck() : Outcome.FAILS;
    } catch (IllegalArgumentException ofTheListener) {
      return Outcome.FAILS;
    }
  }

  /** Whoever runs a listener on the thread of the call waits for it. */
  static Outcome slow(Library library) throws Exception {
    BlockingQueue<Thread> told = new LinkedBlockingQueue<>();
    var breaker =
        library.breaker(new Wish(1, all(library, () -> told.add(Thread.currentThread()))));
    breaker.openAndWait();
    breaker.call(() -> "result");
    var first = told.poll(BOUND_SECONDS, TimeUnit.SECONDS);
    if (first == null) {
      throw new AssertionError("no listener was told within " + BOUND_SECONDS + " s");
    }
    return Outcome.okIf(first != Thread.currentThread() && !told.contains(Thread.currentThread()));
  }

  private static Map<Hook, Runnable> all(Library library, Runnable code) {
    var hooks = new HashMap<Hook, Runnable>();
    hooks.put(Hook.LISTENER, code);
    hooks.put(Hook.OUTCOME_LISTENER, code);
    hooks.keySet().retainAll(library.hooks());
    return hooks;
  }
}
