package io.fairlead.resilience.opentelemetry;

import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Policy;
import io.fairlead.resilience.PolicyFigure;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.BatchCallback;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableMeasurement;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Policies as observable instruments of OpenTelemetry. Safe for all threads; the thread that
 * collects reads the policies, and no call of a policy knows of it.
 *
 * <p>Each {@link PolicyFigure} is an instrument named {@code fairlead.} and its name, such as
 * {@code fairlead.circuit_breaker.state}: counts are counters, levels up-down counters and rates
 * gauges. The attributes are {@code fairlead.policy.name} and, for {@code circuit_breaker.state},
 * {@code fairlead.circuit_breaker.state}; of a {@link PerKey} there are sums and never a key. So
 * the number of series follows from the number of policies alone. Units are those of UCUM: {@code
 * 1} for numbers, {@code %} for rates, {@code s} for times.
 *
 * <p>An SDK refers to this until it is closed, and this refers weakly to the policies given as a
 * collection: one that was dropped is no longer observed. A policy of a type that was not there
 * before gets its instruments at the next {@link #refresh()}; every other one is observed from the
 * next collection on.
 */
public final class PolicyInstruments implements AutoCloseable {
  private static final String SCOPE = "io.fairlead.resilience";
  private static final AttributeKey<String> NAME = AttributeKey.stringKey("fairlead.policy.name");
  private static final AttributeKey<String> STATE =
      AttributeKey.stringKey("fairlead.circuit_breaker.state");

  private final List<Supplier<List<PolicyFigure>>> sources;
  private final Map<Meter, Bound> bound = new HashMap<>();

  /** The instruments of one meter, and the callback that observes them all at once. */
  private record Bound(
      Map<String, ObservableDoubleMeasurement> instruments, BatchCallback callback) {}

  private PolicyInstruments(List<Supplier<List<PolicyFigure>>> sources) {
    this.sources = List.copyOf(sources);
  }

  /** Instruments of these policies, to which this holds weak references only. */
  public static PolicyInstruments of(Collection<? extends Policy> policies) {
    List<WeakReference<Policy>> references = new ArrayList<>();
    policies.forEach(policy -> references.add(new WeakReference<>(policy)));
    return of(() -> references.stream().map(WeakReference::get).filter(Objects::nonNull).toList());
  }

  /**
   * Instruments of whatever policies there are at each collection. The supplier is called by the
   * thread that collects, and is held as long as this.
   */
  public static PolicyInstruments of(Supplier<? extends Collection<? extends Policy>> policies) {
    return new PolicyInstruments(List.of(() -> PolicyFigure.of(policies.get())));
  }

  /**
   * These instruments and those of all policies of the keys together; this holds a weak reference.
   *
   * @param name the attribute {@code fairlead.policy.name} of the keys
   */
  public PolicyInstruments with(String name, PerKey<?, ? extends Policy> perKey) {
    var reference = new WeakReference<PerKey<?, ? extends Policy>>(perKey);
    var more = new ArrayList<>(sources);
    more.add(
        () -> {
          var present = reference.get();
          return present == null ? List.of() : PolicyFigure.of(name, present);
        });
    return new PolicyInstruments(more);
  }

  /** Observes the policies in each collection of this SDK, until this is closed. */
  public synchronized void bindTo(OpenTelemetry openTelemetry) {
    observe(openTelemetry.getMeter(SCOPE));
  }

  /** Adds the instruments of policies of types that were not there before. */
  public synchronized void refresh() {
    List.copyOf(bound.keySet()).forEach(this::observe);
  }

  private void observe(Meter meter) {
    Map<String, ObservableDoubleMeasurement> instruments = new HashMap<>();
    Bound present = bound.get(meter);
    if (present != null) {
      instruments.putAll(present.instruments);
    }
    int before = instruments.size();
    read().forEach(f -> instruments.computeIfAbsent(f.name(), name -> instrument(meter, f)));
    if (present != null && instruments.size() == before) {
      return;
    }
    if (present != null) {
      present.callback.close();
    }
    var observed = Map.copyOf(instruments);
    var all = observed.values().toArray(ObservableMeasurement[]::new);
    // The first parameter alone may not be missing; one instrument twice is one.
    var callback =
        all.length == 0 ? NOTHING : meter.batchCallback(() -> record(observed), all[0], all);
    bound.put(meter, new Bound(observed, callback));
  }

  private static final BatchCallback NOTHING = new BatchCallback() {};

  private List<PolicyFigure> read() {
    return sources.stream().flatMap(source -> source.get().stream()).toList();
  }

  private void record(Map<String, ObservableDoubleMeasurement> instruments) {
    for (PolicyFigure figure : read()) {
      var instrument = instruments.get(figure.name());
      if (instrument != null) {
        instrument.record(figure.value(), attributes(figure));
      }
    }
  }

  private static Attributes attributes(PolicyFigure figure) {
    return figure
        .state()
        .map(state -> Attributes.of(NAME, figure.policy(), STATE, state))
        .orElseGet(() -> Attributes.of(NAME, figure.policy()));
  }

  private static ObservableDoubleMeasurement instrument(Meter meter, PolicyFigure figure) {
    var name = "fairlead." + figure.name();
    return switch (figure.kind()) {
      case COUNT -> meter.counterBuilder(name).ofDoubles().setUnit(unit(figure)).buildObserver();
      case LEVEL ->
          meter.upDownCounterBuilder(name).ofDoubles().setUnit(unit(figure)).buildObserver();
      case RATE -> meter.gaugeBuilder(name).setUnit("%").buildObserver();
    };
  }

  /** Times are the only figures that are no numbers of something. */
  private static String unit(PolicyFigure figure) {
    return figure.name().endsWith("_time") ? "s" : "1";
  }

  /** Ends the observation by every SDK; it can be bound again. */
  @Override
  public synchronized void close() {
    bound.values().forEach(instruments -> instruments.callback.close());
    bound.clear();
  }
}
