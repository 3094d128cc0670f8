package io.fairlead.proxy.loop;

import org.jspecify.annotations.Nullable;

/**
 * A timer that is moved far more often than it fires. Moving it later costs a field write: when the
 * old moment comes it sleeps on until the new one. So a connection has one timer for whatever it
 * waits for, and a request moves it for next to nothing. Belongs to its loop.
 */
public final class LazyTimer {
  private static final long NEVER = Long.MAX_VALUE;

  private final Loop loop;
  private final Runnable action;
  private final Runnable wakeUp = this::wakeUp;
  private long due = NEVER;
  private long armedFor = NEVER;
  private Loop.@Nullable Timer timer;

  /** A timer that is not set; the action runs on the loop each time it is due. */
  public LazyTimer(Loop loop, Runnable action) {
    this.loop = loop;
    this.action = action;
  }

  /** Makes the action due at this reading of the loop's clock instead of when it was. */
  public void set(long atNanos) {
    due = atNanos;
    if (timer == null || atNanos - armedFor < 0) {
      arm(atNanos);
    }
  }

  /** Makes the action due never. */
  public void clear() {
    due = NEVER;
  }

  /** Gives back what the timer holds; it can be set again. */
  public void close() {
    clear();
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void arm(long atNanos) {
    if (timer != null) {
      timer.cancel();
    }
    armedFor = atNanos;
    timer = loop.schedule(wakeUp, Math.max(0, atNanos - loop.nanos()));
  }

  private void wakeUp() {
    timer = null;
    if (due == NEVER) {
      return;
    }
    if (due - loop.nanos() > 0) {
      arm(due);
      return;
    }
    due = NEVER;
    action.run();
  }
}
