package io.fairlead.resilience;

import static java.time.temporal.ChronoUnit.SECONDS;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a failed call is tried again and how long to wait before. Safe for all threads,
 * without locks; deciding allocates nothing.
 *
 * <p>A caller either uses {@link #call} or asks: {@link #started()} once per call, then after each
 * failed try {@link #nextWait} with the number of retries made so far, which gives the wait in
 * nanoseconds or {@link #STOP}. The budget, if there is one, is shared by all calls of this object,
 * and by all objects that were given the same one.
 */
public final class Retry implements Policy {
  /** There is no further try. */
  public static final long STOP = -1;

  private static final long ENDLESS = Long.MAX_VALUE;

  private final String name;
  private final Source source;
  private final @Nullable RetryBudget shared;
  private final LongAdder retries = new LongAdder();
  private volatile Rules rules;

  /**
   * Where time and chance come from.
   *
   * @param ticker the clock of the budget
   * @param random uniform numbers from 0 to below 1; called by any thread
   * @param sleeper used by {@link #call} alone
   */
  public record Source(Ticker ticker, DoubleSupplier random, Sleeper sleeper) {
    /** Those of this process. */
    public static Source system() {
      return new Source(
          Ticker.coarse(), () -> ThreadLocalRandom.current().nextDouble(), Sleeper.system());
    }
  }

  /** The settings as the decisions read them: the delay before each retry without jitter. */
  private record Rules(RetrySettings settings, long[] delays, @Nullable RetryBudget budget) {}

  /** Retries with the budget of the settings, if they have one. */
  public Retry(String name, RetrySettings settings) {
    this(name, settings, Source.system());
  }

  /** As {@link #Retry(String, RetrySettings)}, with other time and chance. */
  public Retry(String name, RetrySettings settings, Source source) {
    this.name = name;
    this.source = source;
    shared = null;
    rules = rules(settings, null);
  }

  /** Retries with this budget, which others may use too, whatever budget the settings have. */
  public Retry(String name, RetrySettings settings, Source source, RetryBudget budget) {
    this.name = name;
    this.source = source;
    shared = budget;
    rules = rules(settings, budget);
  }

  /** A call makes its first try, which adds to the budget. */
  public void started() {
    RetryBudget budget = rules.budget;
    if (budget != null) {
      budget.requestStarted();
    }
  }

  /**
   * Whether one more try may be made that follows no failure, such as a hedge. It takes from the
   * budget: ask once and follow it.
   */
  public boolean tryAnother() {
    RetryBudget budget = rules.budget;
    return budget == null || budget.tryRetry();
  }

  /**
   * Nanoseconds to wait before the next try, or {@link #STOP} if the outcome is not retried, all
   * retries are made or the budget is used up. An answer that is not negative takes from the
   * budget: ask once per failed try and follow it.
   */
  public long nextWait(int retriesMade, RetryOn outcome) {
    Rules now = rules;
    return now.settings.on().contains(outcome) ? nextWait(retriesMade, now, ENDLESS) : STOP;
  }

  /** As {@link #nextWait(int, RetryOn)} for an answer with this HTTP status. */
  public long nextWaitAfterStatus(int retriesMade, int status) {
    Rules now = rules;
    return matches(now.settings.on(), status) ? nextWait(retriesMade, now, ENDLESS) : STOP;
  }

  /**
   * As {@link #nextWaitAfterStatus(int, int)} for an answer that says when to come again. Nobody
   * comes earlier than asked; who would have to wait longer than the largest delay does not try
   * again.
   *
   * @param retryAfterNanos what {@code retry-after} asks for, 0 or above
   */
  public long nextWaitAfterStatus(int retriesMade, int status, long retryAfterNanos) {
    if (retryAfterNanos > rules.settings.maxDelay().toNanos()) {
      return STOP;
    }
    long wait = nextWaitAfterStatus(retriesMade, status);
    return wait == STOP ? STOP : Math.max(wait, retryAfterNanos);
  }

  /**
   * Nanoseconds that a {@code retry-after} field asks to wait (RFC 9110, section 10.2.3): seconds,
   * or a date seen from this moment; 0 if it is neither or has passed.
   */
  public static long retryAfterNanos(String field, Instant now) {
    String value = field.strip();
    try {
      long seconds =
          value.chars().allMatch(c -> c >= '0' && c <= '9')
              ? Long.parseLong(value)
              : now.until(
                  DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from), SECONDS);
      return TimeUnit.SECONDS.toNanos(Math.max(0, seconds));
    } catch (NumberFormatException | DateTimeException notATime) {
      return 0;
    }
  }

  /**
   * As {@link #nextWait(int, RetryOn)} within the time that the call has left. A try that could not
   * begin in time takes nothing from the budget.
   */
  long nextWait(int retriesMade, RetryOn outcome, long leftNanos) {
    Rules now = rules;
    return now.settings.on().contains(outcome) ? nextWait(retriesMade, now, leftNanos) : STOP;
  }

  /** As the other for an outcome that the caller finds worth another try. */
  long nextWait(int retriesMade, long leftNanos) {
    return nextWait(retriesMade, rules, leftNanos);
  }

  void sleep(long nanos) throws InterruptedException {
    source.sleeper.sleep(nanos);
  }

  @Override
  public String name() {
    return name;
  }

  /** Always: what a budget has counted is bounded by itself. */
  @Override
  public boolean isAtRest() {
    return true;
  }

  /**
   * Makes the call, and again as long as what it throws is one of the conditions, sleeping in
   * between. What the last try throws comes out as it is.
   *
   * @throws InterruptedException if interrupted while waiting; the failure before it is suppressed
   */
  public <T> T call(Callable<T> callable) throws Exception {
    started();
    for (int retriesMade = 0; ; retriesMade++) {
      Exception failure;
      try {
        return callable.call();
      } catch (Exception e) {
        failure = e;
      }
      RetryOn outcome = RetryOn.of(failure).orElse(null);
      long wait = outcome == null ? STOP : nextWait(retriesMade, outcome);
      if (wait == STOP) {
        throw failure;
      }
      try {
        sleep(wait);
      } catch (InterruptedException e) {
        e.addSuppressed(failure);
        throw e;
      }
    }
  }

  /** The settings in force. */
  public RetrySettings settings() {
    return rules.settings;
  }

  /** Retries granted since the start. */
  public long retries() {
    return retries.sum();
  }

  /** Retries refused by the budget since its start; 0 without a budget. */
  public long refusedByBudget() {
    RetryBudget budget = rules.budget;
    return budget == null ? 0 : budget.refused();
  }

  /** Puts other settings in force; what the budget has counted stays. */
  public void reconfigure(RetrySettings settings) {
    rules = rules(settings, rules.budget);
  }

  @Override
  public String toString() {
    return "retry %s: %d retries, %d refused by the budget"
        .formatted(name, retries(), refusedByBudget());
  }

  private Rules rules(RetrySettings settings, @Nullable RetryBudget present) {
    var delays = new long[settings.maxRetries()];
    for (int i = 0; i < delays.length; i++) {
      delays[i] = settings.delayNanos(i);
    }
    if (shared != null) {
      return new Rules(settings, delays, shared);
    }
    RetryBudgetSettings wanted = settings.budget().orElse(null);
    RetryBudget budget = wanted == null ? null : present;
    if (budget != null && wanted != null) {
      budget.reconfigure(wanted);
    } else if (wanted != null) {
      budget = new RetryBudget(wanted, source.ticker);
    }
    return new Rules(settings, delays, budget);
  }

  private long nextWait(int retriesMade, Rules now, long leftNanos) {
    if (retriesMade >= now.delays.length) {
      return STOP;
    }
    long wait = now.settings.waitNanos(retriesMade, now.delays[retriesMade], source.random);
    if (wait >= leftNanos || now.budget != null && !now.budget.tryRetry()) {
      return STOP;
    }
    retries.increment();
    return wait;
  }

  private static boolean matches(Set<RetryOn> on, int status) {
    if (status < 400) {
      return false;
    }
    for (RetryOn condition : on) {
      if (condition.matches(status)) {
        return true;
      }
    }
    return false;
  }
}
