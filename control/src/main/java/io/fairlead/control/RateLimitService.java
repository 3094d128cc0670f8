package io.fairlead.control;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitServiceGrpc.RateLimitServiceImplBase;
import io.fairlead.config.RateLimitDomain.Limit;
import io.fairlead.control.RateLimitMetrics.Outcome;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts requests of all proxies against the limits of the configuration, in windows that begin
 * with each unit of time. Where it cannot count it says UNAVAILABLE, and the proxies do what they
 * are configured to. Safe for all threads.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ratelimit/v3/rls.proto">
 *     rls.proto</a>
 */
final class RateLimitService extends RateLimitServiceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(RateLimitService.class);
  private static final int MAX_DESCRIPTORS = 64;
  private static final int MAX_HITS = 1_000_000;
  private static final int LONG_KEY = 512;
  private static final long LOG_SECONDS = 10;

  private final Supplier<RateLimits> limits;
  private final CounterStore counters;
  private final InstantSource clock;
  private final RateLimitMetrics metrics;
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong loggedAtSecond = new AtomicLong(Long.MIN_VALUE);

  /** A descriptor that is counted, and where its count will stand. */
  private record Counted(RateLimits.Counted rule, int place) {
    Limit limit() {
      return rule.limit();
    }
  }

  /**
   * @param limits those in force
   */
  RateLimitService(
      Supplier<RateLimits> limits,
      CounterStore counters,
      InstantSource clock,
      RateLimitMetrics metrics) {
    this.limits = limits;
    this.metrics = metrics;
    this.counters = counters;
    this.clock = clock;
  }

  @Override
  public void shouldRateLimit(RateLimitRequest request, StreamObserver<RateLimitResponse> out) {
    if (request.getDomain().isEmpty() || request.getDescriptorsCount() > MAX_DESCRIPTORS) {
      metrics.invalid();
      String rule = "domain: must not be empty; descriptors: must be at most " + MAX_DESCRIPTORS;
      out.onError(Status.INVALID_ARGUMENT.withDescription(rule).asRuntimeException());
      return;
    }
    RateLimits present = limits.get();
    Instant now = clock.instant();
    List<CounterStore.Hit> hits = new ArrayList<>();
    List<@Nullable Counted> counted = new ArrayList<>();
    for (RateLimitDescriptor descriptor : request.getDescriptorsList()) {
      RateLimits.Counted rule = present.find(request.getDomain(), descriptor);
      counted.add(rule == null ? null : new Counted(rule, hits.size()));
      if (rule == null) {
        metrics.unlimited();
      } else {
        hits.add(hit(request, descriptor, rule.limit(), now));
      }
    }
    if (hits.isEmpty()) {
      answer(out, counted, List.of(), now);
      return;
    }
    counters
        .add(hits)
        .whenComplete(
            (counts, failure) -> {
              if (failure == null) {
                answer(out, counted, counts, now);
              } else {
                failed(failure);
                counted.stream()
                    .filter(Objects::nonNull)
                    .forEach(each -> each.rule().counts().add(Outcome.ERROR));
                out.onError(
                    Status.UNAVAILABLE
                        .withDescription("counters: " + failure.getMessage())
                        .asRuntimeException());
              }
            });
  }

  private static CounterStore.Hit hit(
      RateLimitRequest request, RateLimitDescriptor descriptor, Limit limit, Instant now) {
    long length = limit.unit().length().toSeconds();
    long window = now.getEpochSecond() / length;
    StringBuilder key = new StringBuilder();
    part(key, request.getDomain());
    for (var entry : descriptor.getEntriesList()) {
      part(key, entry.getKey());
      part(key, entry.getValue());
    }
    String name = key.length() > LONG_KEY ? digest(key.toString()) : key.toString();
    long wanted =
        descriptor.hasHitsAddend()
            ? descriptor.getHitsAddend().getValue()
            : Math.max(1, request.getHitsAddend());
    return new CounterStore.Hit(
        "fairlead:" + name + limit.unit() + window, Math.clamp(wanted, 0, MAX_HITS), 2 * length);
  }

  /** With its length, so that no two descriptors have one key. */
  private static void part(StringBuilder key, String text) {
    key.append(text.length()).append(':').append(text).append('|');
  }

  private static String digest(String text) {
    try {
      byte[] octets = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every platform has SHA-256", impossible);
    }
  }

  private static void answer(
      StreamObserver<RateLimitResponse> out,
      List<@Nullable Counted> counted,
      List<Long> counts,
      Instant now) {
    RateLimitResponse.Builder response = RateLimitResponse.newBuilder();
    Code overall = Code.OK;
    for (Counted each : counted) {
      DescriptorStatus status =
          each == null
              ? DescriptorStatus.newBuilder().setCode(Code.OK).build()
              : status(each, counts.get(each.place), now);
      overall = status.getCode() == Code.OVER_LIMIT ? Code.OVER_LIMIT : overall;
      response.addStatuses(status);
    }
    out.onNext(response.setOverallCode(overall).build());
    out.onCompleted();
  }

  private static Outcome outcome(Limit limit, long count) {
    if (count > limit.requestsPerUnit()) {
      return switch (limit.mode()) {
        case ENFORCED -> Outcome.OVER_LIMIT;
        case SHADOW -> Outcome.SHADOW;
      };
    }
    return count * 10 > limit.requestsPerUnit() * 8L ? Outcome.NEAR_LIMIT : Outcome.OK;
  }

  private static DescriptorStatus status(Counted counted, long count, Instant now) {
    Limit limit = counted.limit();
    long length = limit.unit().length().toSeconds();
    Outcome outcome = outcome(limit, count);
    counted.rule().counts().add(outcome);
    boolean over = outcome == Outcome.OVER_LIMIT;
    return DescriptorStatus.newBuilder()
        .setCode(over ? Code.OVER_LIMIT : Code.OK)
        .setCurrentLimit(
            RateLimit.newBuilder()
                .setRequestsPerUnit(limit.requestsPerUnit())
                .setUnit(
                    switch (limit.unit()) {
                      case SECOND -> RateLimit.Unit.SECOND;
                      case MINUTE -> RateLimit.Unit.MINUTE;
                      case HOUR -> RateLimit.Unit.HOUR;
                      case DAY -> RateLimit.Unit.DAY;
                    }))
        .setLimitRemaining((int) Math.max(0, limit.requestsPerUnit() - count))
        .setDurationUntilReset(Durations.fromSeconds(length - now.getEpochSecond() % length))
        .build();
  }

  /** Says it once in a while, with how often it happened. */
  private void failed(Throwable failure) {
    failures.incrementAndGet();
    long now = clock.instant().getEpochSecond();
    long logged = loggedAtSecond.get();
    if (now - LOG_SECONDS >= logged && loggedAtSecond.compareAndSet(logged, now)) {
      LOG.warn(
          "{} requests of proxies could not be counted: {}",
          failures.getAndSet(0),
          failure.getMessage());
    }
  }
}
