package io.fairlead.traces;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the latest traces in memory within bounds. When a bound is reached, whole traces are given
 * up, the one that arrived first before the others, and counted. Safe for use by many threads.
 */
public final class InMemorySpanStore implements SpanStore {
  private final MemoryStoreSettings settings;
  private final ReentrantLock lock = new ReentrantLock();
  private final SequencedMap<TraceId, StoredTrace> traces = new LinkedHashMap<>();
  private final SequencedSet<TraceId> evicted = new LinkedHashSet<>();
  private final TraceIndex index;
  private long spans;
  private long bytes;
  private long stored;
  private long repeated;
  private long evictedTraces;
  private long evictedSpans;
  private long droppedLate;
  private long droppedOversize;

  /** An empty store. */
  public InMemorySpanStore(MemoryStoreSettings settings) {
    this.settings = settings;
    this.index = new TraceIndex(settings.maxOperationsPerService());
  }

  @Override
  public Appended append(List<Span> arriving) {
    var byTrace = new LinkedHashMap<TraceId, List<Span>>();
    for (Span span : arriving) {
      byTrace.computeIfAbsent(span.traceId(), id -> new ArrayList<>()).add(span);
    }
    lock.lock();
    try {
      long storedBefore = stored;
      long repeatedBefore = repeated;
      long droppedBefore = droppedLate + droppedOversize;
      byTrace.forEach(this::append);
      return new Appended(
          (int) (stored - storedBefore),
          (int) (repeated - repeatedBefore),
          (int) (droppedLate + droppedOversize - droppedBefore));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<Trace> trace(TraceId id) {
    lock.lock();
    try {
      return Optional.ofNullable(traces.get(id)).map(StoredTrace::trace);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<TraceSummary> search(TraceQuery query) {
    var found = new ArrayList<TraceSummary>();
    lock.lock();
    try {
      for (StoredTrace candidate : index.latestFirst(query.service())) {
        if (found.size() == query.limit()) {
          break;
        }
        if (query.matches(candidate.trace(), candidate.summary())) {
          found.add(candidate.summary());
        }
      }
    } finally {
      lock.unlock();
    }
    return found;
  }

  @Override
  public List<ServiceOperations> services() {
    lock.lock();
    try {
      return index.services();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public StoreStats stats() {
    lock.lock();
    try {
      return new StoreStats(
          traces.size(),
          spans,
          bytes,
          stored,
          repeated,
          evictedTraces,
          evictedSpans,
          droppedLate,
          droppedOversize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    // Nothing to let go of: the spans are garbage with this object.
  }

  private void append(TraceId id, List<Span> arriving) {
    if (evicted.contains(id)) {
      droppedLate += arriving.size();
      return;
    }
    var trace = traces.computeIfAbsent(id, StoredTrace::new);
    index.lift(trace);
    for (Span span : arriving) {
      append(trace, span);
    }
    if (trace.size() == 0) {
      traces.remove(id);
      return;
    }
    index.place(trace);
    makeRoom();
  }

  private void append(StoredTrace trace, Span span) {
    if (trace.contains(span)) {
      repeated++;
      return;
    }
    long itsBytes = trace.bytesOf(span);
    boolean fits = trace.bytes() + itsBytes <= settings.maxBytes();
    if (!fits
        || trace.size() >= settings.maxSpansPerTrace()
        || trace.size() >= settings.maxSpans()) {
      droppedOversize++;
      return;
    }
    trace.add(span);
    index.count(span);
    stored++;
    spans++;
    bytes += itsBytes;
  }

  private void makeRoom() {
    while (spans > settings.maxSpans() || bytes > settings.maxBytes()) {
      Map.Entry<TraceId, StoredTrace> oldest = traces.pollFirstEntry();
      var trace = oldest.getValue();
      index.lift(trace);
      index.forget(trace);
      spans -= trace.size();
      bytes -= trace.bytes();
      evictedTraces++;
      evictedSpans += trace.size();
      evicted.add(trace.id());
      if (evicted.size() > settings.maxRememberedEvictions()) {
        evicted.removeFirst();
      }
    }
  }
}
