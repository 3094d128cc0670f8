package io.fairlead.proxy.metric;

import io.fairlead.proxy.exchange.ResponseFlags;
import io.fairlead.proxy.metric.IstioLabels.Call;
import io.fairlead.proxy.metric.IstioLabels.Caller;
import io.fairlead.proxy.metric.IstioSeries.Kind;
import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import io.netty.util.collection.LongObjectHashMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Calls by Istio's standard names and labels, beside {@link RequestMetrics}. One for the whole data
 * plane; counts go on across configurations. The number of series is bounded: what would be a
 * further one is counted in one for all others. Safe for all threads.
 *
 * @see <a href="https://istio.io/latest/docs/reference/config/metrics/">Istio, standard metrics</a>
 */
public final class IstioMetrics {
  /** Numbers of callers: this side, one that proved nothing, those beyond the bound. */
  static final int SELF = 0;

  static final int NOBODY = 1;
  private static final int OTHER = 2;
  private static final int MAX_CALLERS = 1 << 10;

  private final int loops;
  private final int maxSeries;
  private final Map<IstioLabels, Scope> scopes = new HashMap<>();
  private final List<IstioSeries> series = new ArrayList<>();
  private final ConcurrentHashMap<String, Integer> callerNumbers = new ConcurrentHashMap<>();
  private final List<Caller> callers = new ArrayList<>();
  private final IstioSeries otherRequests;
  private final IstioSeries otherConnections;

  /**
   * @param loops number of loops
   * @param maxSeries sets of labels that are counted apart
   */
  public IstioMetrics(int loops, int maxSeries) {
    this.loops = loops;
    this.maxSeries = maxSeries;
    otherRequests =
        new IstioSeries(Kind.REQUESTS, IstioLabels.other().and("response_code", "other"), loops);
    otherConnections = new IstioSeries(Kind.CONNECTIONS, IstioLabels.other(), loops);
    callers.addAll(List.of(Caller.SELF, new Caller("", "none"), Caller.OTHER));
  }

  /** What is called, as far as the protocol says it. */
  enum Protocol {
    HTTP("http"),
    GRPC("grpc"),
    TCP("tcp");

    private final String text;

    Protocol(String text) {
      this.text = text;
    }
  }

  /** The calls between two ends; one for each set of static labels. */
  synchronized Scope scope(IstioLabels labels) {
    return scopes.computeIfAbsent(labels, Scope::new);
  }

  /** A small number that stands for a caller with this identity. */
  int number(String principal) {
    Integer known = callerNumbers.get(principal);
    return known == null ? newNumber(principal) : known;
  }

  private synchronized int newNumber(String principal) {
    if (!callerNumbers.containsKey(principal) && callers.size() >= MAX_CALLERS) {
      return OTHER;
    }
    return callerNumbers.computeIfAbsent(
        principal,
        identity -> {
          callers.add(new Caller(identity, "mutual_tls"));
          return callers.size() - 1;
        });
  }

  private synchronized IstioSeries add(
      IstioLabels labels, Protocol protocol, int caller, int status, int flags) {
    Kind kind = protocol == Protocol.TCP ? Kind.CONNECTIONS : Kind.REQUESTS;
    if (series.size() >= maxSeries) {
      return kind == Kind.REQUESTS ? otherRequests : otherConnections;
    }
    Labels all =
        labels.with(new Call(protocol.text, callers.get(caller)), ResponseFlags.text(flags));
    if (kind == Kind.REQUESTS) {
      all = all.and("response_code", Integer.toString(status));
    }
    IstioSeries made = new IstioSeries(kind, all, loops);
    series.add(made);
    return made;
  }

  /** The series of the calls between two ends. */
  final class Scope {
    private final IstioLabels labels;
    private @Nullable Map<Long, IstioSeries> byKey;

    /** What each loop has found before, so that finding it again costs nothing. */
    private final @Nullable LongObjectHashMap<IstioSeries>[] found;

    Scope(IstioLabels labels) {
      this.labels = labels;
      @SuppressWarnings({"unchecked", "rawtypes"}) // nothing else is put in
      @Nullable LongObjectHashMap<IstioSeries>[] empty = new LongObjectHashMap[loops];
      found = empty;
    }

    IstioLabels labels() {
      return labels;
    }

    /** On the loop of this index alone. */
    IstioSeries series(int loop, Protocol protocol, int caller, int status, int flags) {
      long key = ((long) flags << 32) | (long) caller << 16 | (long) status << 2;
      key |= protocol.ordinal();
      LongObjectHashMap<IstioSeries> own = found[loop];
      if (own == null) {
        own = new LongObjectHashMap<>();
        found[loop] = own;
      }
      IstioSeries known = own.get(key);
      if (known == null) {
        known = shared(key, protocol, caller, status, flags);
        own.put(key, known);
      }
      return known;
    }

    private synchronized IstioSeries shared(
        long key, Protocol protocol, int caller, int status, int flags) {
      Map<Long, IstioSeries> all = byKey;
      if (all == null) {
        all = new HashMap<>();
        byKey = all;
      }
      return all.computeIfAbsent(key, k -> add(labels, protocol, caller, status, flags));
    }
  }

  /** Writes all there is. */
  public void write(PrometheusText page) {
    List<IstioSeries> requests = all(Kind.REQUESTS, otherRequests);
    page.counter("istio_requests_total", "Requests that ended.");
    requests.forEach(one -> page.sample(one.labels(), one.requests()));
    histogram(page, "istio_request_duration_milliseconds", requests, IstioSeries::durations);
    histogram(page, "istio_request_bytes", requests, IstioSeries::received);
    histogram(page, "istio_response_bytes", requests, IstioSeries::sent);
    List<IstioSeries> tcp = all(Kind.CONNECTIONS, otherConnections);
    count(page, "istio_tcp_connections_opened_total", tcp, IstioSeries::opened);
    count(page, "istio_tcp_connections_closed_total", tcp, IstioSeries::closed);
    count(page, "istio_tcp_sent_bytes_total", tcp, IstioSeries::octetsSent);
    count(page, "istio_tcp_received_bytes_total", tcp, IstioSeries::octetsReceived);
  }

  private synchronized List<IstioSeries> all(Kind kind, IstioSeries other) {
    List<IstioSeries> all = new ArrayList<>();
    series.stream().filter(one -> one.kind() == kind).forEach(all::add);
    all.sort(Comparator.comparing(one -> one.labels().toString()));
    if (series.size() >= maxSeries) {
      all.add(other);
    }
    return all;
  }

  private static void histogram(
      PrometheusText page,
      String name,
      List<IstioSeries> all,
      Function<IstioSeries, HistogramSnapshot> value) {
    page.histogram(name, "As Istio measures it.");
    all.forEach(one -> page.sample(one.labels(), value.apply(one)));
  }

  private static void count(
      PrometheusText page, String name, List<IstioSeries> all, ToLongFunction<IstioSeries> value) {
    page.counter(name, "Of connections that are passed on; octets count at the end.");
    all.forEach(one -> page.sample(one.labels(), value.applyAsLong(one)));
  }
}
