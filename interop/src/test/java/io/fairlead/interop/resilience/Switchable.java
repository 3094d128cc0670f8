package io.fairlead.interop.resilience;

/** Code of a user that does nothing until it is broken. Safe for all threads. */
final class Switchable implements Runnable {
  private volatile boolean broken;

  void on() {
    broken = true;
  }

  @Override
  public void run() {
    if (broken) {
      throw new IllegalArgumentException("of the user's code");
    }
  }
}
