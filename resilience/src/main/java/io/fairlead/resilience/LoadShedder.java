package io.fairlead.resilience;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;

/**
 * Refuses calls by their priority as the load rises, so that what matters most is served to the
 * end. Safe for all threads, without locks; letting through and refusing allocate nothing.
 *
 * <p>It stands on an {@link AdaptiveLimit}: each priority may fill a share of it, all priorities
 * counted together, as {@link LoadShedderSettings} says. {@link Priority#CRITICAL_PLUS} is refused
 * at the limit itself, never below. The limit may be shared with calls that go to it directly.
 *
 * <p>The permit form is that of the limit: exactly one of {@link #success}, {@link #dropped} and
 * {@link #ignore} follows a permit.
 */
public final class LoadShedder implements Policy {
  /** What {@link #tryAcquire} returns for a call that must not be made. */
  public static final long REJECTED = AdaptiveLimit.REJECTED;

  private static final Priority[] PRIORITIES = Priority.values();

  private final String name;
  private final AdaptiveLimit limit;
  private final LoadShedException[] rejections = new LoadShedException[PRIORITIES.length];
  private final LongAdder[] shed = new LongAdder[PRIORITIES.length];
  private volatile LoadShedderSettings settings;

  /** A shedder on this limit. The name appears in messages and snapshots. */
  public LoadShedder(String name, LoadShedderSettings settings, AdaptiveLimit limit) {
    this.name = name;
    this.settings = settings;
    this.limit = limit;
    for (Priority priority : PRIORITIES) {
      rejections[priority.ordinal()] = new LoadShedException(name, priority);
      shed[priority.ordinal()] = new LongAdder();
    }
  }

  /** A shedder on a limit of its own that stays as it is, 1 to 1,000,000 calls at a time. */
  public static LoadShedder fixed(String name, LoadShedderSettings settings, int limit) {
    return new LoadShedder(
        name, settings, new AdaptiveLimit(name, AdaptiveLimitSettings.fixed(limit)));
  }

  /** A permit for one call, or {@link #REJECTED}, which is below zero. It never waits. */
  public long tryAcquire(Priority priority) {
    long permit = limit.tryAcquire(settings.share(priority));
    if (permit < 0) {
      shed[priority.ordinal()].increment();
    }
    return permit;
  }

  /** As {@link AdaptiveLimit#success}. */
  public void success(long permit, long elapsedNanos) {
    limit.success(permit, elapsedNanos);
  }

  /** As {@link AdaptiveLimit#dropped}. */
  public void dropped(long permit) {
    limit.dropped(permit);
  }

  /** As {@link AdaptiveLimit#ignore}. */
  public void ignore(long permit) {
    limit.ignore(permit);
  }

  /**
   * Makes the call if there is room for its priority; what it throws is told to the limit as {@link
   * AdaptiveLimit#call} does.
   *
   * @throws LoadShedException if there is no room; it is shared and has no stack trace
   */
  public <T> T call(Priority priority, Callable<T> callable) throws Exception {
    long permit = tryAcquire(priority);
    if (permit < 0) {
      throw rejections[priority.ordinal()];
    }
    return limit.run(permit, callable);
  }

  AdaptiveLimit limit() {
    return limit;
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether no call is in flight. */
  @Override
  public boolean isAtRest() {
    return limit.isAtRest();
  }

  LoadShedException rejection(Priority priority) {
    return rejections[priority.ordinal()];
  }

  /** The settings in force. */
  public LoadShedderSettings settings() {
    return settings;
  }

  /** Puts other shares in force; the limit is configured by itself. */
  public void reconfigure(LoadShedderSettings other) {
    settings = other;
  }

  /** What this shedder knows now. */
  public LoadShedderSnapshot snapshot() {
    Map<Priority, Long> calls = new EnumMap<>(Priority.class);
    for (Priority priority : PRIORITIES) {
      calls.put(priority, shed[priority.ordinal()].sum());
    }
    return new LoadShedderSnapshot(name, limit.snapshot(), calls);
  }

  @Override
  public String toString() {
    AdaptiveLimitSnapshot now = limit.snapshot();
    var calls = new StringBuilder();
    for (Priority priority : PRIORITIES) {
      calls.append(calls.isEmpty() ? "" : ", ").append(shed[priority.ordinal()].sum());
      calls.append(' ').append(priority);
    }
    return "load shedder %s: %d of %d in flight, refused %s"
        .formatted(name, now.inFlight(), now.limit(), calls);
  }
}
