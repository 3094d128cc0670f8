package io.fairlead.proxy.policy;

import io.fairlead.proxy.exchange.BulkheadQueue;
import io.fairlead.resilience.AdaptiveLimit;
import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.RateLimiter;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.Sleeper;
import io.fairlead.resilience.Ticker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The state machines of all routes and clusters by name. A configuration that has a policy of the
 * same name takes over its state machine with everything it knows; only the settings change, and
 * only when the configuration is accepted. {@link #draft} and {@link Draft#commit} are for one
 * thread at a time, the maps it publishes for all.
 */
public final class PolicyRegistry {
  private final Ticker ticker;
  private final Retry.Source source;
  private final PolicyEvents events;
  private volatile Policies policies = Policies.NONE;
  private volatile Map<String, BulkheadQueue> queues = Map.of();

  /** All state machines in force, by the name of what they guard. */
  public record Policies(
      Map<String, CircuitBreaker> breakers,
      Map<String, Retry> retries,
      Map<String, Bulkhead> bulkheads,
      Map<String, RateLimiter> rateLimiters,
      Map<String, AdaptiveLimit> limits) {
    static final Policies NONE = new Policies(Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

    /** Copies the maps. */
    public Policies {
      breakers = Map.copyOf(breakers);
      retries = Map.copyOf(retries);
      bulkheads = Map.copyOf(bulkheads);
      rateLimiters = Map.copyOf(rateLimiters);
      limits = Map.copyOf(limits);
    }
  }

  /** An empty registry; the events tell of every breaker's transitions. */
  public PolicyRegistry(Ticker ticker, PolicyEvents events) {
    this.ticker = ticker;
    source =
        new Retry.Source(ticker, () -> ThreadLocalRandom.current().nextDouble(), Sleeper.system());
    this.events = events;
  }

  /** What is in force. */
  public Policies policies() {
    return policies;
  }

  /** Attempts that wait for a place in any bulkhead. */
  public int waitingForBulkheads() {
    return queues.values().stream().mapToInt(BulkheadQueue::length).sum();
  }

  /** The state machines of a configuration that is being made. */
  public Draft draft() {
    return new Draft(policies);
  }

  /**
   * What a part of a configuration has asked for. Asked for again in a later draft it gives the
   * same state machine, as long as each draft between was committed and asked for it too.
   */
  @FunctionalInterface
  public interface Use {
    void in(Draft draft);
  }

  /** Collects what a configuration needs; has no effect until it is committed. */
  public final class Draft {
    private final Policies before;
    private final Map<String, CircuitBreaker> breakers = new HashMap<>();
    private final Map<String, Retry> retries = new HashMap<>();
    private final Map<String, BulkheadQueue> bulkheads = new HashMap<>();
    private final Map<String, RateLimiter> rateLimiters = new HashMap<>();
    private final Map<String, AdaptiveLimit> limits = new HashMap<>();
    private final List<Runnable> changes = new ArrayList<>();
    private @Nullable List<Use> uses;

    private Draft(Policies before) {
      this.before = before;
    }

    /** The breaker of that name. */
    public CircuitBreaker breaker(String name, CircuitBreakerSettings settings) {
      used(draft -> draft.breaker(name, settings));
      return breakers.computeIfAbsent(
          name,
          key -> {
            CircuitBreaker present = before.breakers.get(name);
            if (present == null) {
              return new CircuitBreaker(name, settings, ticker, events);
            }
            if (!present.settings().equals(settings)) {
              changes.add(() -> present.reconfigure(settings));
            }
            return present;
          });
    }

    /** The retries of that name. */
    public Retry retry(String name, RetrySettings settings) {
      used(draft -> draft.retry(name, settings));
      return retries.computeIfAbsent(
          name,
          key -> {
            Retry present = before.retries.get(name);
            if (present == null) {
              return new Retry(name, settings, source);
            }
            if (!present.settings().equals(settings)) {
              changes.add(() -> present.reconfigure(settings));
            }
            return present;
          });
    }

    /** The bulkhead of that name, with those who wait for it. */
    public BulkheadQueue bulkhead(String name, BulkheadSettings settings) {
      used(draft -> draft.bulkhead(name, settings));
      return bulkheads.computeIfAbsent(
          name,
          key -> {
            BulkheadQueue present = queues.get(name);
            if (present == null) {
              return new BulkheadQueue(new Bulkhead(name, settings, ticker));
            }
            if (!present.bulkhead().settings().equals(settings)) {
              changes.add(() -> reconfigure(present, settings));
            }
            return present;
          });
    }

    /** The rate limiter of that name. */
    public RateLimiter rateLimiter(String name, RateLimitSettings settings) {
      used(draft -> draft.rateLimiter(name, settings));
      return rateLimiters.computeIfAbsent(
          name,
          key -> {
            RateLimiter present = before.rateLimiters.get(name);
            if (present == null) {
              return new RateLimiter(name, settings, ticker);
            }
            if (!present.settings().equals(settings)) {
              changes.add(() -> present.reconfigure(settings));
            }
            return present;
          });
    }

    /** The adaptive limit of that name. */
    public AdaptiveLimit limit(String name, AdaptiveLimitSettings settings) {
      used(draft -> draft.limit(name, settings));
      return limits.computeIfAbsent(
          name,
          key -> {
            AdaptiveLimit present = before.limits.get(name);
            if (present == null) {
              return new AdaptiveLimit(name, settings, ticker);
            }
            if (!present.settings().equals(settings)) {
              changes.add(() -> present.reconfigure(settings));
            }
            return present;
          });
    }

    /** Notes what is asked for from now on. */
    public void noteUses() {
      uses = new ArrayList<>();
    }

    /** What has been asked for since it is noted; nothing more is. */
    public List<Use> takeUses() {
      List<Use> noted = uses == null ? List.of() : List.copyOf(uses);
      uses = null;
      return noted;
    }

    private void used(Use use) {
      if (uses != null) {
        uses.add(use);
      }
    }

    private void reconfigure(BulkheadQueue queue, BulkheadSettings settings) {
      queue.bulkhead().reconfigure(settings);
      queue.admit();
    }

    /** Puts the settings in force; state machines that nobody asked for are forgotten. */
    public void commit() {
      changes.forEach(Runnable::run);
      queues = Map.copyOf(bulkheads);
      Map<String, Bulkhead> present = new HashMap<>();
      bulkheads.forEach((name, queue) -> present.put(name, queue.bulkhead()));
      policies = new Policies(breakers, retries, present, rateLimiters, limits);
    }
  }
}
