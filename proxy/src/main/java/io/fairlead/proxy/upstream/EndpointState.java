package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a proxy itself has found out about one endpoint, shared by its loops. It lives as long as
 * the endpoint is in the configuration.
 *
 * <p>Loops count here. Whether the endpoint is out is changed under the lock of its cluster and
 * takes effect when the cluster is {@link Placed} anew, so that no request has to ask.
 */
final class EndpointState {
  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

  /** Loops write to lines of memory of their own. */
  private static final int STRIDE = 16;

  private final Key key;

  /** Answers of 500 to 599 in a row. */
  final AtomicInteger serverErrors = new AtomicInteger();

  /** Answers of 502, 503 or 504 in a row. */
  final AtomicInteger gatewayErrors = new AtomicInteger();

  private final long[] counts;
  private volatile boolean ejected;
  private volatile Check check;
  private volatile long usableSinceNanos;

  // Under the lock of the cluster:
  private long ejectedAtNanos;
  private int ejections;
  private long requestsBefore;
  private long failuresBefore;

  /** An endpoint that moves is another endpoint. */
  record Key(String id, HostPort address) {
    static Key of(Endpoint endpoint) {
      return new Key(endpoint.id(), endpoint.address());
    }
  }

  /** What active health checks say. */
  enum Check {
    /** Nothing: there are none, or the first one is under way and the endpoint was used before. */
    NONE,
    /** Nothing yet, and the endpoint is new. */
    AWAITED,
    PASSED,
    FAILED
  }

  EndpointState(Key key, int loops, Check check, long nowNanos) {
    this.key = key;
    this.check = check;
    counts = new long[(loops + 1) * STRIDE];
    usableSinceNanos = nowNanos;
  }

  Key key() {
    return key;
  }

  boolean isEjected() {
    return ejected;
  }

  Check check() {
    return check;
  }

  /** Whether it should have no requests. */
  boolean isOut() {
    return ejected || check == Check.AWAITED || check == Check.FAILED;
  }

  /** Health checks have decided; under the lock of the cluster. */
  void checked(boolean healthy, long nowNanos) {
    if (healthy && isOut()) {
      usableSinceNanos = nowNanos;
    }
    check = healthy ? Check.PASSED : Check.FAILED;
  }

  /** There are no health checks any more; under the lock of the cluster. */
  void uncheck() {
    check = Check.NONE;
  }

  /** Since when it may have requests, for its slow start. */
  long usableSinceNanos() {
    return usableSinceNanos;
  }

  /** Counts an outcome; by the loop of that index only. */
  void count(int loop, boolean failure) {
    int at = loop * STRIDE;
    add(at);
    if (failure) {
      add(at + 1);
    }
  }

  private void add(int at) {
    COUNTS.setOpaque(counts, at, counts[at] + 1);
  }

  /** Requests and failures between two looks; under the lock of the cluster. */
  Window look() {
    long requests = 0;
    long failures = 0;
    for (int at = 0; at < counts.length; at += STRIDE) {
      // Failures first: there must never be more of them than requests.
      failures += (long) COUNTS.getOpaque(counts, at + 1);
      requests += (long) COUNTS.getOpaque(counts, at);
    }
    Window window = new Window(this, requests - requestsBefore, failures - failuresBefore);
    requestsBefore = requests;
    failuresBefore = failures;
    return window;
  }

  /** What came of an endpoint's requests in an interval. */
  record Window(EndpointState state, long requests, long failures) {
    double successPercent() {
      return requests == 0 ? 100 : 100.0 * (requests - Math.min(failures, requests)) / requests;
    }
  }

  void eject(long nowNanos) {
    ejected = true;
    ejectedAtNanos = nowNanos;
    ejections++;
  }

  /** Lets it come back if its time is over; whether it did. */
  boolean comeBack(long nowNanos, long baseNanos, long maxNanos) {
    long time = ejections > maxNanos / baseNanos ? maxNanos : baseNanos * ejections;
    if (nowNanos - ejectedAtNanos < time) {
      return false;
    }
    ejected = false;
    usableSinceNanos = nowNanos;
    forget();
    return true;
  }

  /** An interval without ejection makes the next one shorter. */
  void forgive() {
    ejections = Math.max(0, ejections - 1);
  }

  /** Nothing is held against it any more. */
  void pardon(long nowNanos) {
    ejections = 0;
    if (ejected) {
      ejected = false;
      usableSinceNanos = nowNanos;
    }
    forget();
  }

  private void forget() {
    serverErrors.set(0);
    gatewayErrors.set(0);
  }
}
