package io.fairlead.config;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreakerSettings;
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
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Reads the policies of a ResiliencePolicy over their defaults. Stateless.
 *
 * <p>The settings records know the bounds; each value is laid over the defaults alone first, so
 * that several values out of bounds are all reported, each at its own line.
 */
final class ResilienceReader {
  private ResilienceReader() {}

  static ResilienceSettings read(Fields spec) {
    return new ResilienceSettings(
        spec.object("circuitBreaker", ResilienceReader::circuitBreaker),
        spec.object("retry", ResilienceReader::retry),
        spec.object("timeout", ResilienceReader::timeout),
        spec.object("bulkhead", ResilienceReader::bulkhead),
        spec.object("rateLimit", ResilienceReader::rateLimit),
        inProcess(spec, "threadPool", ResilienceReader::threadPool),
        inProcess(spec, "process", ResilienceReader::process),
        spec.object("adaptiveLimit", AdaptiveLimitReader::read));
  }

  /** What no proxy can enforce is accepted for applications, and never dropped in silence. */
  private static <S> Optional<S> inProcess(Fields spec, String key, Function<Fields, S> read) {
    if (spec.has(key)) {
      spec.warn(key, "applies in process only; no sidecar and no gateway enforces it");
    }
    return spec.object(key, read);
  }

  private static CircuitBreakerSettings circuitBreaker(Fields f) {
    var halfOpen =
        named(f, "permittedNumberOfCallsInHalfOpen", "permittedNumberOfCallsInHalfOpenState");
    var s = CircuitBreakerSettings.defaults();
    s = percent(f, "failureRateThreshold", s, CircuitBreakerSettings::withFailureRateThreshold);
    s = percent(f, "slowCallRateThreshold", s, CircuitBreakerSettings::withSlowCallRateThreshold);
    s =
        time(
            f,
            "slowCallDurationThreshold",
            s,
            CircuitBreakerSettings::withSlowCallDurationThreshold);
    s = count(f, "minimumNumberOfCalls", s, CircuitBreakerSettings::withMinimumNumberOfCalls);
    var type = f.choice("slidingWindowType", SlidingWindowType.class);
    s = type.isPresent() ? s.withSlidingWindowType(type.get()) : s;
    s = count(f, "slidingWindowSize", s, CircuitBreakerSettings::withSlidingWindowSize);
    s = time(f, "waitDurationInOpenState", s, CircuitBreakerSettings::withWaitDurationInOpenState);
    s = number(f, "waitDurationMultiplier", s, CircuitBreakerSettings::withWaitDurationMultiplier);
    s =
        time(
            f,
            "maxWaitDurationInOpenState",
            s,
            CircuitBreakerSettings::withMaxWaitDurationInOpenState);
    s = count(f, halfOpen, s, CircuitBreakerSettings::withPermittedNumberOfCallsInHalfOpen);
    return time(
        f,
        "maxWaitDurationInHalfOpenState",
        s,
        CircuitBreakerSettings::withMaxWaitDurationInHalfOpenState);
  }

  private static RetrySettings retry(Fields f) {
    var s = RetrySettings.defaults();
    s = count(f, "maxRetries", s, RetrySettings::withMaxRetries);
    s = number(f, "multiplier", s, RetrySettings::withMultiplier);
    s = number(f, "jitter", s, RetrySettings::withJitter);
    var mode = f.choice("jitterMode", RetryJitter.class);
    s = mode.isPresent() ? s.withJitterMode(mode.get()) : s;
    s = delays(f, s);
    if (f.has("on")) {
      var on = EnumSet.noneOf(RetryOn.class);
      var known = Arrays.stream(RetryOn.values()).map(RetryOn::text).toList();
      for (var name : f.texts("on")) {
        RetryOn.of(name)
            .ifPresentOrElse(
                on::add,
                () ->
                    f.fault(
                        "on", "must hold only " + String.join(", ", known) + ", holds " + name));
      }
      s = s.withOn(on);
    }
    var budget =
        f.object(
            "budget",
            b -> {
              var settings = RetryBudgetSettings.defaults();
              settings = number(b, "percent", settings, RetryBudgetSettings::withPercent);
              return count(b, "minPerSecond", settings, RetryBudgetSettings::withMinPerSecond);
            });
    return budget.isPresent() ? s.withBudget(budget) : s;
  }

  /** The two delays bound each other, so they change together. */
  private static RetrySettings delays(Fields f, RetrySettings s) {
    var initial = f.duration("initialDelay");
    var longest = f.duration("maxDelay");
    try {
      return new RetrySettings(
          s.maxRetries(),
          initial.orElse(s.initialDelay()),
          longest.orElseGet(() -> max(s.maxDelay(), initial.orElse(Duration.ZERO))),
          s.multiplier(),
          s.jitter(),
          s.jitterMode(),
          s.on(),
          s.budget());
    } catch (IllegalArgumentException broken) {
      f.fault(longest.isPresent() ? "maxDelay" : "initialDelay", rule(broken));
      return s;
    }
  }

  private static Duration max(Duration left, Duration right) {
    return left.compareTo(right) >= 0 ? left : right;
  }

  private static TimeoutSettings timeout(Fields f) {
    var s = TimeoutSettings.defaults();
    s = time(f, "request", s, TimeoutSettings::withRequest);
    s = time(f, "connect", s, TimeoutSettings::withConnect);
    return time(f, "idle", s, TimeoutSettings::withIdle);
  }

  private static BulkheadSettings bulkhead(Fields f) {
    var s = BulkheadSettings.defaults();
    var permits = named(f, "maxConcurrentCalls", "permits");
    s = count(f, permits, s, BulkheadSettings::withMaxConcurrentCalls);
    s = time(f, "maxWait", s, BulkheadSettings::withMaxWait);
    return count(f, "maxWaitingCalls", s, BulkheadSettings::withMaxWaitingCalls);
  }

  private static RateLimitSettings rateLimit(Fields f) {
    var limit = f.integer("limit", 1, 1_000_000_000 - 1);
    var period = f.duration("period");
    if (!f.has("limit")) {
      f.require("limit");
    }
    var algorithm = f.choice("algorithm", RateLimitAlgorithm.class);
    var s = RateLimitSettings.defaults();
    try {
      return new RateLimitSettings(
          limit.orElse(1), period.orElse(s.period()), algorithm.orElse(s.algorithm()));
    } catch (IllegalArgumentException broken) {
      f.fault(limit.isPresent() ? "limit" : "period", rule(broken));
      return s;
    }
  }

  private static ThreadPoolBulkheadSettings threadPool(Fields f) {
    var s = ThreadPoolBulkheadSettings.defaults();
    s = count(f, "maxThreads", s, ThreadPoolBulkheadSettings::withMaxThreads);
    s = count(f, "queueCapacity", s, ThreadPoolBulkheadSettings::withQueueCapacity);
    return time(f, "keepAlive", s, ThreadPoolBulkheadSettings::withKeepAlive);
  }

  private static ProcessLimits process(Fields f) {
    var s = ProcessLimits.defaults();
    s = number(f, "cpus", s, ProcessLimits::withCpus);
    s = set(f, "memory", s, f.size("memory"), ResilienceReader::withMemory);
    return set(
        f,
        "pids",
        s,
        f.integer("pids", 1, 4_194_304).map(OptionalInt::of),
        ProcessLimits::withPids);
  }

  /** The record counts bytes; its bounds are told in the form that files have. */
  private static ProcessLimits withMemory(ProcessLimits limits, long bytes) {
    try {
      return limits.withMemoryBytes(bytes);
    } catch (IllegalArgumentException broken) {
      throw new IllegalArgumentException("memory: must be 1MiB to 1024TiB", broken);
    }
  }

  /** The name under which a field stands there; both at once contradict each other. */
  private static String named(Fields f, String name, String other) {
    if (!f.has(other)) {
      return name;
    }
    if (f.has(name)) {
      f.fault(other, "must not stand beside " + name + ", its other name");
      f.ignore(name);
    }
    return other;
  }

  private static <S> S percent(Fields f, String key, S s, BiFunction<S, Double, S> with) {
    return set(f, key, s, f.number(key, 0, 100), with);
  }

  static <S> S number(Fields f, String key, S s, BiFunction<S, Double, S> with) {
    return set(f, key, s, f.number(key, 0, 1_000_000), with);
  }

  static <S> S count(Fields f, String key, S s, BiFunction<S, Integer, S> with) {
    return set(f, key, s, f.integer(key, 0, 100_000_000), with);
  }

  static <S> S time(Fields f, String key, S s, BiFunction<S, Duration, S> with) {
    return set(f, key, s, f.duration(key), with);
  }

  static <S, V> S set(Fields f, String key, S s, Optional<V> value, BiFunction<S, V, S> with) {
    if (value.isEmpty()) {
      return s;
    }
    try {
      return with.apply(s, value.get());
    } catch (IllegalArgumentException broken) {
      f.fault(key, rule(broken));
      return s;
    }
  }

  /** The settings say {@code field: rule, was value}; field and value are told elsewhere. */
  static String rule(IllegalArgumentException broken) {
    var text = String.valueOf(broken.getMessage());
    int colon = text.indexOf(": ");
    var rule = colon < 0 ? text : text.substring(colon + 2);
    int was = rule.lastIndexOf(", was ");
    return was < 0 ? rule : rule.substring(0, was);
  }
}
