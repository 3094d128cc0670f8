package io.fairlead.interop.resilience;

import java.util.concurrent.Callable;

/** Catches what a policy throws. Stateless. */
final class Rejections {
  private Rejections() {}

  static Throwable of(Callable<?> call) {
    try {
      call.call();
    } catch (Exception e) {
      return e;
    }
    throw new AssertionError("the call was not rejected");
  }
}
