package io.fairlead.resilience.micrometer;

import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Policy;
import io.fairlead.resilience.PolicyFigure;
import io.fairlead.resilience.Ticker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Policies as meters of a {@link MeterRegistry}. Safe for all threads; no call of a policy knows of
 * it.
 *
 * <p>Each {@link PolicyFigure} is a meter named {@code fairlead.} and its name, such as {@code
 * fairlead.circuit_breaker.state}: counts are function counters, levels and rates gauges. The tags
 * are {@code name}, the policy's, and for {@code circuit_breaker.state} also {@code state}; of a
 * {@link PerKey} there are sums and never a key. So the number of meters follows from the number of
 * policies alone.
 *
 * <p>Meters keep no policy alive: the gauges of one that was dropped become NaN and its counters
 * stand still, until {@link #refresh()} takes them away. Policies that come later, or stand in a
 * pipeline that was reconfigured, get their meters at the next refresh. Policies are read at most
 * once a second, however many meters are asked for.
 */
public final class PolicyMeters implements MeterBinder, AutoCloseable {
  private static final long FRESH_NANOS = 1_000_000_000;

  private final List<Source> sources;
  private final Ticker ticker;
  private final Map<MeterRegistry, Map<Key, Meter>> bound = new HashMap<>();
  private Map<Key, PolicyFigure> read = Map.of();
  private long readAtNanos;

  /** What counters said last, since they must not fall when their policy is gone. */
  private final Map<Key, Double> counted = new HashMap<>();

  /** Where figures come from, read anew each time. */
  private interface Source extends Supplier<List<PolicyFigure>> {}

  /** What makes a meter one and the same. */
  private record Key(String name, Tags tags) {
    static Key of(PolicyFigure figure) {
      var tags = Tags.of("name", figure.policy());
      return new Key(
          "fairlead." + figure.name(),
          figure.state().map(state -> tags.and("state", state)).orElse(tags));
    }
  }

  private PolicyMeters(List<Source> sources, Ticker ticker) {
    this.sources = List.copyOf(sources);
    this.ticker = ticker;
  }

  /** Meters of these policies, to which this holds weak references only. */
  public static PolicyMeters of(Collection<? extends Policy> policies) {
    List<WeakReference<Policy>> references = new ArrayList<>();
    policies.forEach(policy -> references.add(new WeakReference<>(policy)));
    return of(() -> references.stream().map(WeakReference::get).filter(Objects::nonNull).toList());
  }

  /**
   * Meters of whatever policies there are at each reading. The supplier is called by the threads
   * that read meters, and is held as long as this.
   */
  public static PolicyMeters of(Supplier<? extends Collection<? extends Policy>> policies) {
    return new PolicyMeters(List.of(() -> PolicyFigure.of(policies.get())), Ticker.system());
  }

  /**
   * These meters and those of all policies of the keys together; this holds a weak reference.
   *
   * @param name the tag {@code name} of the keys
   */
  public PolicyMeters with(String name, PerKey<?, ? extends Policy> perKey) {
    var reference = new WeakReference<PerKey<?, ? extends Policy>>(perKey);
    var more = new ArrayList<>(sources);
    more.add(
        () -> {
          var present = reference.get();
          return present == null ? List.of() : PolicyFigure.of(name, present);
        });
    return new PolicyMeters(more, ticker);
  }

  /** As these, reading again when this ticker says that a second is over. */
  PolicyMeters on(Ticker other) {
    return new PolicyMeters(sources, other);
  }

  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    bound.computeIfAbsent(registry, none -> new HashMap<>());
    refresh();
  }

  /** Adds the meters of policies that came and removes those of policies that went. */
  public synchronized void refresh() {
    readNow();
    counted.keySet().retainAll(read.keySet());
    bound.forEach(
        (registry, meters) -> {
          read.forEach(
              (key, figure) ->
                  meters.computeIfAbsent(key, absent -> register(registry, key, figure.kind())));
          meters
              .entrySet()
              .removeIf(
                  entry -> {
                    boolean gone = !read.containsKey(entry.getKey());
                    if (gone) {
                      registry.remove(entry.getValue());
                    }
                    return gone;
                  });
        });
  }

  private Meter register(MeterRegistry registry, Key key, PolicyFigure.Kind kind) {
    return switch (kind) {
      case COUNT ->
          FunctionCounter.builder(key.name, this, meters -> count(key))
              .tags(key.tags)
              .register(registry);
      case LEVEL, RATE ->
          Gauge.builder(key.name, this, meters -> meters.level(key))
              .tags(key.tags)
              .strongReference(true)
              .register(registry);
    };
  }

  private synchronized double level(Key key) {
    readIfOld();
    var figure = read.get(key);
    return figure == null ? Double.NaN : figure.value();
  }

  /** As the lambda of a counter refers to this, a registry keeps this as long as the counter. */
  private synchronized double count(Key key) {
    readIfOld();
    return counted.getOrDefault(key, 0.0);
  }

  private void readIfOld() {
    if (ticker.nanos() - readAtNanos >= FRESH_NANOS) {
      readNow();
    }
  }

  private void readNow() {
    Map<Key, PolicyFigure> now = new HashMap<>();
    for (var source : sources) {
      source.get().forEach(figure -> now.putIfAbsent(Key.of(figure), figure));
    }
    now.forEach(
        (key, figure) -> {
          if (figure.kind() == PolicyFigure.Kind.COUNT) {
            counted.put(key, figure.value());
          }
        });
    read = now;
    readAtNanos = ticker.nanos();
  }

  /** Removes all its meters from every registry; it can be bound again. */
  @Override
  public synchronized void close() {
    bound.forEach((registry, meters) -> meters.values().forEach(registry::remove));
    bound.clear();
  }
}
