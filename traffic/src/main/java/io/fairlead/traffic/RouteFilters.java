package io.fairlead.traffic;

import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.Priority;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a route does with its requests beside its action. Immutable.
 *
 * @param mirrors clusters that get copies; only of requests that are forwarded
 * @param fault what is done to requests for the sake of trying it
 * @param cors answers to browsers about calls from other origins
 * @param perTry from the start of an attempt to the head of its answer; empty means no bound
 * @param hedge when a request that may be made twice is made beside one that is late
 * @param limits bounds of what a client and an upstream may ask for
 * @param retryCodes statuses of 400 to 599 that are retried as far as the route retries at all
 * @param globalRateLimit what a service counts for all proxies together
 * @param priority of its requests when a proxy is short of memory; empty for critical ones
 */
public record RouteFilters(
    List<Mirror> mirrors,
    Optional<FaultInjection> fault,
    Optional<Cors> cors,
    Optional<Duration> perTry,
    Optional<HedgeSettings> hedge,
    Limits limits,
    SortedSet<Integer> retryCodes,
    Optional<GlobalRateLimit> globalRateLimit,
    Optional<Priority> priority) {
  /** Nothing. */
  public static final RouteFilters NONE =
      new RouteFilters(
          List.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Limits.NONE,
          new TreeSet<>());

  public RouteFilters {
    mirrors = List.copyOf(mirrors);
    retryCodes =
        retryCodes.isEmpty()
            ? Collections.emptySortedSet()
            : Collections.unmodifiableSortedSet(new TreeSet<>(retryCodes));
    for (int code : retryCodes) {
      if (code < 400 || code > 599) {
        throw new IllegalArgumentException("retryCodes: must be 400 to 599, was " + code);
      }
    }
    if (perTry.isPresent() && (perTry.get().isNegative() || perTry.get().isZero())) {
      throw new IllegalArgumentException("perTry: must be above 0, was " + perTry.get());
    }
  }

  /** Without a global rate limit and a priority. */
  public RouteFilters(
      List<Mirror> mirrors,
      Optional<FaultInjection> fault,
      Optional<Cors> cors,
      Optional<Duration> perTry,
      Optional<HedgeSettings> hedge,
      Limits limits,
      SortedSet<Integer> retryCodes) {
    this(
        mirrors,
        fault,
        cors,
        perTry,
        hedge,
        limits,
        retryCodes,
        Optional.empty(),
        Optional.empty());
  }

  /** These with this priority. */
  public RouteFilters withPriority(Priority own) {
    return new RouteFilters(
        mirrors, fault, cors, perTry, hedge, limits, retryCodes, globalRateLimit, Optional.of(own));
  }

  /**
   * Bounds of a route's requests. Immutable.
   *
   * @param maxBodyBytes octets of a request's body, chunk framing included; more are answered with
   *     413
   * @param minBodyRate how fast a body must come; slower ones are answered with 408
   * @param firstByte from the end of the request to the head of an attempt's answer
   */
  public record Limits(
      OptionalLong maxBodyBytes, Optional<BodyRate> minBodyRate, Optional<Duration> firstByte) {
    /** None. */
    public static final Limits NONE =
        new Limits(OptionalLong.empty(), Optional.empty(), Optional.empty());

    public Limits {
      if (maxBodyBytes.orElse(0) < 0) {
        throw new IllegalArgumentException(
            "maxBodyBytes: must not be below 0, was " + maxBodyBytes.getAsLong());
      }
      if (firstByte.isPresent() && (firstByte.get().isNegative() || firstByte.get().isZero())) {
        throw new IllegalArgumentException("firstByte: must be above 0, was " + firstByte.get());
      }
    }

    /**
     * A pace, measured over windows in which the proxy was ready to read.
     *
     * @param bytesPerSecond 1 to 1,000,000,000
     * @param window 10 ms to an hour
     */
    public record BodyRate(int bytesPerSecond, Duration window) {
      public BodyRate {
        if (bytesPerSecond < 1 || bytesPerSecond > 1_000_000_000) {
          throw new IllegalArgumentException(
              "bytesPerSecond: must be 1 to 1000000000, was " + bytesPerSecond);
        }
        if (window.compareTo(Duration.ofMillis(10)) < 0
            || window.compareTo(Duration.ofHours(1)) > 0) {
          throw new IllegalArgumentException("window: must be 10ms to 1h, was " + window);
        }
      }
    }
  }

  /** A cluster that gets copies of a share of the requests; its answers are dropped. */
  public record Mirror(String cluster, Share share) {
    public Mirror {
      Resource.requireName(cluster);
    }
  }

  /**
   * Faults for tests of callers, drawn for each request, the delay before the abort.
   *
   * @param headers only requests that match all of them
   */
  public record FaultInjection(
      Optional<Delay> delay, Optional<Abort> abort, List<Route.ValueMatch> headers) {
    public FaultInjection {
      headers = List.copyOf(headers);
    }

    /** Holds a share of the requests back; above 0, at most an hour. */
    public record Delay(Duration fixed, Share share) {
      public Delay {
        if (fixed.isNegative() || fixed.isZero() || fixed.compareTo(Duration.ofHours(1)) > 0) {
          throw new IllegalArgumentException("delay: must be above 0 up to 1h, was " + fixed);
        }
      }
    }

    /** Answers a share of the requests with a status of 200 to 599. */
    public record Abort(int status, Share share) {
      public Abort {
        if (status < 200 || status > 599) {
          throw new IllegalArgumentException("status: must be 200 to 599, was " + status);
        }
      }
    }
  }

  /**
   * Cross-origin resource sharing (WHATWG Fetch, section 3.3). In the lists of methods and headers
   * {@code *} stands for all.
   *
   * @param allowOrigins origins whose pages may call; {@link StringMatch.Present} for all
   * @param allowMethods methods that they may use
   * @param allowHeaders request headers that they may set
   * @param exposeHeaders response headers that they may read
   * @param credentials whether cookies and authorization may be sent
   * @param maxAge how long a browser may keep the answer, in whole seconds
   */
  public record Cors(
      List<StringMatch> allowOrigins,
      List<String> allowMethods,
      List<String> allowHeaders,
      List<String> exposeHeaders,
      Credentials credentials,
      Duration maxAge) {
    /** Whether a browser may send cookies and authorization. */
    public enum Credentials {
      ALLOWED,
      WITHHELD
    }

    public Cors {
      allowOrigins = List.copyOf(allowOrigins);
      allowMethods = requireTokens("allowMethods", allowMethods);
      allowHeaders = requireTokens("allowHeaders", allowHeaders);
      exposeHeaders = requireTokens("exposeHeaders", exposeHeaders);
      if (maxAge.isNegative() || maxAge.getNano() != 0) {
        throw new IllegalArgumentException("maxAge: must be whole seconds, was " + maxAge);
      }
    }

    private static List<String> requireTokens(String field, List<String> values) {
      for (var value : values) {
        if (!value.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
          throw new IllegalArgumentException(field + ": must be tokens, was " + value);
        }
      }
      return List.copyOf(values);
    }
  }
}
