package io.fairlead.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.ProcessLimits;
import io.fairlead.resilience.RateLimitAlgorithm;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryBudgetSettings;
import io.fairlead.resilience.RetryJitter;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.SlidingWindowType;
import io.fairlead.resilience.ThreadPoolBulkheadSettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.ApiKeys;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The wire form of {@code fairlead.policy.v1}, which carries what xDS has no field for. Stateless.
 * The field numbers are those of {@code fairlead/policy/v1/policy.proto} in this module.
 */
public final class PolicyWire {
  /** Type URL of a cluster's policy. */
  public static final String CLUSTER_POLICY = TypeUrls.any(TypeUrls.CLUSTER_POLICY);

  /** Type URL of a route's policy. */
  public static final String ROUTE_POLICY = TypeUrls.any(TypeUrls.ROUTE_POLICY);

  /** Type URL of a condition that is turned around. */
  public static final String NOT_MATCHER = TypeUrls.any(TypeUrls.NOT_MATCHER);

  private PolicyWire() {}

  /** fairlead.policy.v1.NotMatcher: matcher 1, an envoy.type.matcher.v3.StringMatcher. */
  public static ByteString not(ByteString matcher) {
    return message(out -> out.writeBytes(1, matcher));
  }

  /** fairlead.policy.v1.NotMatcher without a matcher: there is no value at all. */
  public static ByteString absent() {
    return ByteString.EMPTY;
  }

  /**
   * fairlead.policy.v1.ClusterPolicy: resilience 1, what of the load balancing is not native, and
   * limits 4 and localities 5; no octet for a cluster without any of that.
   */
  public static ByteString cluster(Cluster cluster) {
    return message(
        out -> {
          if (!cluster.resilience().isEmpty()) {
            out.writeBytes(1, resilience(cluster.resilience()));
          }
          BalancingWire.write(cluster.loadBalancing(), out);
          if (cluster.limits().isPresent()) {
            out.writeBytes(4, LimitsWire.limits(cluster.limits().get()));
          }
          if (cluster.localities().isPresent()) {
            out.writeBytes(5, LocalityWire.localities(cluster.localities().get()));
          }
        });
  }

  /**
   * fairlead.policy.v1.RoutePolicy: resilience 1, api_keys 2, per_try_timeout 3, retry_codes 4,
   * limits 5, hedge 6, global_rate_limit 7, priority 8; no octet for a route without any of that.
   */
  public static ByteString route(Route route) {
    return message(
        out -> {
          if (!route.resilience().isEmpty()) {
            out.writeBytes(1, resilience(route.resilience()));
          }
          if (route.apiKeys().isPresent()) {
            out.writeBytes(2, apiKeys(route.apiKeys().get()));
          }
          if (route.filters().perTry().isPresent()) {
            out.writeBytes(3, duration(route.filters().perTry().get()));
          }
          for (int code : route.filters().retryCodes()) {
            out.writeUInt32(4, code);
          }
          if (!route.filters().limits().equals(Limits.NONE)) {
            out.writeBytes(5, limits(route.filters().limits()));
          }
          if (route.filters().hedge().isPresent()) {
            out.writeBytes(6, hedge(route.filters().hedge().get()));
          }
          if (route.filters().globalRateLimit().isPresent()) {
            out.writeBytes(7, RateLimitWire.limit(route.filters().globalRateLimit().get()));
          }
          if (route.filters().priority().isPresent()) {
            out.writeString(8, route.filters().priority().get().text());
          }
        });
  }

  private static ByteString hedge(HedgeSettings hedge) {
    return message(
        out -> {
          out.writeBytes(1, duration(hedge.delay()));
          out.writeUInt32(2, hedge.maxHedges());
        });
  }

  static Optional<HedgeSettings> hedge(ProtoMessage routePolicy) {
    return routePolicy.optional(6).map(m -> new HedgeSettings(m.duration(1), m.intNumber(2)));
  }

  static Optional<Priority> priority(ProtoMessage routePolicy) {
    if (!routePolicy.has(8)) {
      return Optional.empty();
    }
    String name = routePolicy.text(8);
    Optional<Priority> known = Priority.of(name);
    if (known.isEmpty()) {
      throw new DecodeException("priority: '" + name + "' is unknown");
    }
    return known;
  }

  private static ByteString limits(Limits limits) {
    return message(
        out -> {
          if (limits.maxBodyBytes().isPresent()) {
            out.writeUInt64(1, limits.maxBodyBytes().getAsLong());
          }
          if (limits.minBodyRate().isPresent()) {
            out.writeUInt32(2, limits.minBodyRate().get().bytesPerSecond());
            out.writeBytes(3, duration(limits.minBodyRate().get().window()));
          }
          if (limits.firstByte().isPresent()) {
            out.writeBytes(4, duration(limits.firstByte().get()));
          }
        });
  }

  static Limits limits(ProtoMessage routePolicy) {
    var m = routePolicy.message(5);
    return new Limits(
        m.has(1) ? OptionalLong.of(m.number(1)) : OptionalLong.empty(),
        m.has(2)
            ? Optional.of(new Limits.BodyRate(m.intNumber(2), m.duration(3)))
            : Optional.empty(),
        m.has(4) ? Optional.of(m.duration(4)) : Optional.empty());
  }

  static ResilienceSettings resilience(ProtoMessage policy) {
    var m = policy.message(1);
    return new ResilienceSettings(
        m.optional(1).map(PolicyWire::circuitBreaker),
        m.optional(2).map(PolicyWire::retry),
        m.optional(3).map(PolicyWire::timeout),
        m.optional(4).map(PolicyWire::bulkhead),
        m.optional(5).map(PolicyWire::rateLimit),
        m.optional(6).map(PolicyWire::threadPool),
        m.optional(7).map(PolicyWire::process),
        m.optional(8).map(AdaptiveLimitWire::read));
  }

  static Optional<ApiKeys> apiKeys(ProtoMessage routePolicy) {
    return routePolicy
        .optional(2)
        .map(
            m ->
                new ApiKeys(
                    m.text(1),
                    m.messages(2).stream()
                        .map(key -> new ApiKeys.HashedKey(key.text(1), key.text(2)))
                        .toList()));
  }

  private static ByteString resilience(ResilienceSettings settings) {
    return message(
        out -> {
          if (settings.circuitBreaker().isPresent()) {
            out.writeBytes(1, circuitBreaker(settings.circuitBreaker().get()));
          }
          if (settings.retry().isPresent()) {
            out.writeBytes(2, retry(settings.retry().get()));
          }
          if (settings.timeout().isPresent()) {
            out.writeBytes(3, timeout(settings.timeout().get()));
          }
          if (settings.bulkhead().isPresent()) {
            out.writeBytes(4, bulkhead(settings.bulkhead().get()));
          }
          if (settings.rateLimit().isPresent()) {
            out.writeBytes(5, rateLimit(settings.rateLimit().get()));
          }
          if (settings.threadPool().isPresent()) {
            out.writeBytes(6, threadPool(settings.threadPool().get()));
          }
          if (settings.process().isPresent()) {
            out.writeBytes(7, process(settings.process().get()));
          }
          if (settings.adaptiveLimit().isPresent()) {
            out.writeBytes(8, AdaptiveLimitWire.write(settings.adaptiveLimit().get()));
          }
        });
  }

  private static ByteString circuitBreaker(CircuitBreakerSettings s) {
    return message(
        out -> {
          out.writeDouble(1, s.failureRateThreshold());
          out.writeDouble(2, s.slowCallRateThreshold());
          out.writeBytes(3, duration(s.slowCallDurationThreshold()));
          out.writeUInt32(4, s.minimumNumberOfCalls());
          out.writeEnum(
              5,
              switch (s.slidingWindowType()) {
                case COUNT_BASED -> 0;
                case TIME_BASED -> 1;
              });
          out.writeUInt32(6, s.slidingWindowSize());
          out.writeBytes(7, duration(s.waitDurationInOpenState()));
          out.writeUInt32(8, s.permittedNumberOfCallsInHalfOpen());
          out.writeBytes(9, duration(s.maxWaitDurationInHalfOpenState()));
          out.writeDouble(10, s.waitDurationMultiplier());
          out.writeBytes(11, duration(s.maxWaitDurationInOpenState()));
        });
  }

  private static CircuitBreakerSettings circuitBreaker(ProtoMessage m) {
    return new CircuitBreakerSettings(
        m.doubleNumber(1),
        m.doubleNumber(2),
        m.duration(3),
        m.intNumber(4),
        m.number(5) == 0 ? SlidingWindowType.COUNT_BASED : SlidingWindowType.TIME_BASED,
        m.intNumber(6),
        m.duration(7),
        m.doubleNumber(10),
        m.duration(11),
        m.intNumber(8),
        m.duration(9));
  }

  private static ByteString retry(RetrySettings s) {
    return message(
        out -> {
          out.writeUInt32(1, s.maxRetries());
          out.writeBytes(2, duration(s.initialDelay()));
          out.writeBytes(3, duration(s.maxDelay()));
          out.writeDouble(4, s.multiplier());
          out.writeDouble(5, s.jitter());
          for (var on : s.on()) {
            out.writeString(6, on.text());
          }
          out.writeEnum(
              8,
              switch (s.jitterMode()) {
                case PROPORTIONAL -> 0;
                case FULL -> 1;
                case EQUAL -> 2;
                case DECORRELATED -> 3;
              });
          if (s.budget().isPresent()) {
            var budget = s.budget().get();
            out.writeBytes(
                7,
                message(
                    nested -> {
                      nested.writeDouble(1, budget.percent());
                      nested.writeUInt32(2, budget.minPerSecond());
                    }));
          }
        });
  }

  private static RetrySettings retry(ProtoMessage m) {
    var on = EnumSet.noneOf(RetryOn.class);
    for (var name : m.texts(6)) {
      on.add(
          RetryOn.of(name)
              .orElseThrow(() -> new DecodeException("retry.on: '" + name + "' is unknown")));
    }
    return new RetrySettings(
        m.intNumber(1),
        m.duration(2),
        m.duration(3),
        m.doubleNumber(4),
        m.doubleNumber(5),
        jitterMode(m.intNumber(8)),
        on,
        m.optional(7).map(b -> new RetryBudgetSettings(b.doubleNumber(1), b.intNumber(2))));
  }

  private static RetryJitter jitterMode(int number) {
    return switch (number) {
      case 0 -> RetryJitter.PROPORTIONAL;
      case 1 -> RetryJitter.FULL;
      case 2 -> RetryJitter.EQUAL;
      case 3 -> RetryJitter.DECORRELATED;
      default -> throw new DecodeException("retry.jitter_mode: " + number + " is unknown");
    };
  }

  private static ByteString timeout(TimeoutSettings s) {
    return message(
        out -> {
          out.writeBytes(1, duration(s.request()));
          out.writeBytes(2, duration(s.connect()));
          out.writeBytes(3, duration(s.idle()));
        });
  }

  private static TimeoutSettings timeout(ProtoMessage m) {
    return new TimeoutSettings(m.duration(1), m.duration(2), m.duration(3));
  }

  private static ByteString bulkhead(BulkheadSettings s) {
    return message(
        out -> {
          out.writeUInt32(1, s.maxConcurrentCalls());
          out.writeBytes(2, duration(s.maxWait()));
          out.writeUInt32(3, s.maxWaitingCalls());
        });
  }

  private static BulkheadSettings bulkhead(ProtoMessage m) {
    return new BulkheadSettings(m.intNumber(1), m.duration(2), m.intNumber(3));
  }

  private static ByteString rateLimit(RateLimitSettings s) {
    return message(
        out -> {
          out.writeUInt32(1, s.limit());
          out.writeBytes(2, duration(s.period()));
          int algorithm =
              switch (s.algorithm()) {
                case TOKEN_BUCKET -> 0;
                case SLIDING_WINDOW -> 1;
                case LEAKY_BUCKET -> 2;
              };
          if (algorithm != 0) {
            out.writeEnum(3, algorithm);
          }
        });
  }

  private static RateLimitSettings rateLimit(ProtoMessage m) {
    int algorithm = m.intNumber(3);
    return new RateLimitSettings(
        m.intNumber(1),
        m.duration(2),
        switch (algorithm) {
          case 1 -> RateLimitAlgorithm.SLIDING_WINDOW;
          case 2 -> RateLimitAlgorithm.LEAKY_BUCKET;
          default -> RateLimitAlgorithm.TOKEN_BUCKET;
        });
  }

  private static ByteString threadPool(ThreadPoolBulkheadSettings s) {
    return message(
        out -> {
          out.writeUInt32(1, s.maxThreads());
          out.writeUInt32(2, s.queueCapacity());
          out.writeBytes(3, duration(s.keepAlive()));
        });
  }

  private static ThreadPoolBulkheadSettings threadPool(ProtoMessage m) {
    return new ThreadPoolBulkheadSettings(m.intNumber(1), m.intNumber(2), m.duration(3));
  }

  private static ByteString process(ProcessLimits s) {
    return message(
        out -> {
          out.writeDouble(1, s.cpus());
          out.writeUInt64(2, s.memoryBytes());
          if (s.pids().isPresent()) {
            out.writeUInt32(3, s.pids().getAsInt());
          }
        });
  }

  private static ProcessLimits process(ProtoMessage m) {
    int pids = m.intNumber(3);
    return new ProcessLimits(
        m.doubleNumber(1), m.number(2), pids == 0 ? OptionalInt.empty() : OptionalInt.of(pids));
  }

  private static ByteString apiKeys(ApiKeys keys) {
    return message(
        out -> {
          out.writeString(1, keys.header());
          for (var key : List.copyOf(keys.keys())) {
            out.writeBytes(
                2,
                message(
                    nested -> {
                      nested.writeString(1, key.client());
                      nested.writeString(2, key.sha256());
                    }));
          }
        });
  }

  /** google.protobuf.Duration: seconds 1, nanos 2. */
  static ByteString duration(Duration duration) {
    return message(
        out -> {
          out.writeInt64(1, duration.getSeconds());
          out.writeInt32(2, duration.getNano());
        });
  }

  /** Writes the fields of one message. */
  @FunctionalInterface
  interface FieldWriter {
    void write(CodedOutputStream out) throws IOException;
  }

  static ByteString message(FieldWriter writer) {
    var bytes = new ByteArrayOutputStream();
    var out = CodedOutputStream.newInstance(bytes);
    try {
      writer.write(out);
      out.flush();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }
}
