package io.fairlead.traces;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Traces by start, all and by service. Guarded by its store's lock. */
final class TraceIndex {
  private final TreeSet<Place> all = new TreeSet<>();
  private final TreeMap<String, Service> services = new TreeMap<>();
  private final int maxOperations;

  TraceIndex(int maxOperationsPerService) {
    this.maxOperations = maxOperationsPerService;
  }

  /** A trace at its start; the latest comes first. */
  private record Place(long startEpochNanos, StoredTrace trace) implements Comparable<Place> {
    private static final Comparator<Place> LATEST_FIRST =
        Comparator.comparingLong(Place::startEpochNanos)
            .reversed()
            .thenComparingLong(place -> place.trace().id().high())
            .thenComparingLong(place -> place.trace().id().low());

    @Override
    public int compareTo(Place other) {
      return LATEST_FIRST.compare(this, other);
    }
  }

  /** Traces of one service, and how many kept spans bear each name. */
  private static final class Service {
    final TreeSet<Place> places = new TreeSet<>();
    final Map<String, Integer> operations = new HashMap<>();
  }

  /** To be called before spans are added to the trace, as their start may be an earlier one. */
  void lift(StoredTrace trace) {
    var place = new Place(trace.startEpochNanos(), trace);
    all.remove(place);
    for (String name : trace.services()) {
      var service = services.get(name);
      if (service != null) {
        service.places.remove(place);
      }
    }
  }

  /** To be called after spans were added to the trace. */
  void place(StoredTrace trace) {
    var place = new Place(trace.startEpochNanos(), trace);
    all.add(place);
    for (String service : trace.services()) {
      services.computeIfAbsent(service, name -> new Service()).places.add(place);
    }
  }

  void count(Span span) {
    var service = services.computeIfAbsent(span.service(), name -> new Service());
    if (service.operations.size() < maxOperations || service.operations.containsKey(span.name())) {
      service.operations.merge(span.name(), 1, Integer::sum);
    }
  }

  /** To be called after the trace was lifted for good. */
  void forget(StoredTrace trace) {
    for (Span span : trace.spans()) {
      var service = services.get(span.service());
      if (service != null) {
        service.operations.computeIfPresent(span.name(), (name, n) -> n > 1 ? n - 1 : null);
        if (service.places.isEmpty()) {
          services.remove(span.service());
        }
      }
    }
  }

  /** Traces with a span of the service, or all, the latest start first. */
  Iterable<StoredTrace> latestFirst(Optional<String> service) {
    Collection<Place> places =
        service
            .map(name -> Optional.ofNullable(services.get(name)).map(s -> s.places))
            .orElse(Optional.of(all))
            .orElseGet(TreeSet::new);
    return () -> places.stream().map(Place::trace).iterator();
  }

  List<SpanStore.ServiceOperations> services() {
    return services.entrySet().stream()
        .map(
            entry ->
                new SpanStore.ServiceOperations(
                    entry.getKey(),
                    entry.getValue().operations.keySet().stream().sorted().toList()))
        .toList();
  }
}
