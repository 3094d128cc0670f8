package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.ProcessLimits;
import io.fairlead.resilience.RateLimitAlgorithm;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetryBudgetSettings;
import io.fairlead.resilience.RetryJitter;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.Sleeper;
import io.fairlead.resilience.SlidingWindowType;
import io.fairlead.resilience.ThreadPoolBulkheadSettings;
import io.fairlead.resilience.TimeoutSettings;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * The figures that users of a resilience library know by heart, from YAML to what the policies do:
 * every default one by one, every parameter by another value, the waits of retries, what is
 * retried, and the states of a breaker.
 *
 * <p>The paths {@code /health/live} and {@code /health/ready} are no part of a policy: {@code
 * SidecarCommand} in {@code cli/} asks the second of its application, and the services of {@code
 * demo/} answer both.
 */
class MissionFiguresTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static ResilienceSettings settings(String spec) {
    var text =
        """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: payment }
        spec:
          targetRefs: [{ kind: Service, name: payment }]
        """
            + spec.indent(2);
    var parsed = Manifests.parse("payment.yaml", text, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).isEmpty();
    return ((Manifest.ResiliencePolicy) parsed.documents().getFirst()).settings();
  }

  /** Without a budget, which would refuse so many calls that all fail. */
  private static RetrySettings unbounded(String retry) {
    return settings("retry: " + retry).retry().orElseThrow().withBudget(Optional.empty());
  }

  @Test
  void emptyBlocksHaveEveryDefaultOfACircuitBreaker() {
    var breaker = settings("circuitBreaker: {}").circuitBreaker().orElseThrow();
    assertThat(breaker.failureRateThreshold()).isEqualTo(50);
    assertThat(breaker.slowCallRateThreshold()).isEqualTo(100);
    assertThat(breaker.slowCallDurationThreshold()).isEqualTo(Duration.ofSeconds(2));
    assertThat(breaker.minimumNumberOfCalls()).isEqualTo(10);
    assertThat(breaker.slidingWindowSize()).isEqualTo(100);
    assertThat(breaker.slidingWindowType()).isEqualTo(SlidingWindowType.COUNT_BASED);
    assertThat(breaker.waitDurationInOpenState()).isEqualTo(Duration.ofSeconds(10));
    assertThat(breaker.permittedNumberOfCallsInHalfOpen()).isEqualTo(3);
  }

  @Test
  void emptyBlocksHaveEveryDefaultOfRetriesBulkheadsAndTheRest() {
    var all = settings("retry: {}\nbulkhead: {}\nthreadPool: {}\nprocess: {}\ntimeout: {}\n");
    var retry = all.retry().orElseThrow();
    assertThat(retry.maxRetries()).isEqualTo(5);
    assertThat(retry.initialDelay()).isEqualTo(Duration.ofMillis(100));
    assertThat(retry.maxDelay()).isEqualTo(Duration.ofSeconds(10));
    assertThat(retry.multiplier()).isEqualTo(2);
    assertThat(retry.jitter()).isEqualTo(0.5);
    assertThat(retry.jitterMode()).isEqualTo(RetryJitter.PROPORTIONAL);
    assertThat(retry.on()).contains(RetryOn.CONNECT_FAILURE, RetryOn.TIMEOUT);
    assertThat(all.bulkhead().orElseThrow().maxConcurrentCalls()).isEqualTo(10);
    assertThat(all.bulkhead().orElseThrow().maxWait()).isEqualTo(Duration.ZERO);
    assertThat(all.threadPool().orElseThrow().maxThreads()).isEqualTo(10);
    assertThat(all.threadPool().orElseThrow().queueCapacity()).isEqualTo(100);
    assertThat(all.process()).hasValue(ProcessLimits.defaults());
    assertThat(all.timeout()).hasValue(TimeoutSettings.defaults());
    assertThat(all.circuitBreaker()).isEmpty();
    assertThat(all.rateLimit()).isEmpty();
    // The only parameter without a default: nobody can know how many calls a service stands.
    assertThat(settings("rateLimit: { limit: 5 }").rateLimit())
        .hasValue(new RateLimitSettings(5, SECOND, RateLimitAlgorithm.TOKEN_BUCKET));
  }

  @Test
  void everyParameterOfACircuitBreakerArrives() {
    var breaker =
        settings(
                """
                circuitBreaker:
                  failureRateThreshold: 40
                  slowCallRateThreshold: 90
                  slowCallDurationThreshold: 3s
                  minimumNumberOfCalls: 20
                  slidingWindowSize: 60
                  slidingWindowType: TIME_BASED
                  waitDurationInOpenState: 5s
                  waitDurationMultiplier: 1.5
                  maxWaitDurationInOpenState: 2m
                  permittedNumberOfCallsInHalfOpen: 4
                  maxWaitDurationInHalfOpenState: 30s
                """)
            .circuitBreaker();
    assertThat(breaker)
        .hasValue(
            new CircuitBreakerSettings(
                40,
                90,
                Duration.ofSeconds(3),
                20,
                SlidingWindowType.TIME_BASED,
                60,
                Duration.ofSeconds(5),
                1.5,
                Duration.ofMinutes(2),
                4,
                Duration.ofSeconds(30)));
    assertThat(settings("circuitBreaker: { permittedNumberOfCallsInHalfOpenState: 7 }"))
        .isEqualTo(settings("circuitBreaker: { permittedNumberOfCallsInHalfOpen: 7 }"));
  }

  @Test
  void everyParameterOfTheOtherPoliciesArrives() {
    var all =
        settings(
            """
            retry:
              maxRetries: 4
              initialDelay: 50ms
              maxDelay: 3s
              multiplier: 1.5
              jitter: 0.25
              jitterMode: FULL
              on: [reset, too-many-requests]
              budget: { percent: 10, minPerSecond: 1 }
            timeout: { request: 3s, connect: 250ms, idle: 1m }
            bulkhead: { permits: 5, maxWait: 20ms, maxWaitingCalls: 7 }
            rateLimit: { limit: 30, period: 1m, algorithm: LEAKY_BUCKET }
            threadPool: { maxThreads: 5, queueCapacity: 20, keepAlive: 30s }
            process: { cpus: 2, memory: 4GB, pids: 64 }
            """);
    var retry = all.retry().orElseThrow();
    assertThat(retry.maxRetries()).isEqualTo(4);
    assertThat(retry.initialDelay()).isEqualTo(Duration.ofMillis(50));
    assertThat(retry.maxDelay()).isEqualTo(Duration.ofSeconds(3));
    assertThat(retry.multiplier()).isEqualTo(1.5);
    assertThat(retry.jitter()).isEqualTo(0.25);
    assertThat(retry.jitterMode()).isEqualTo(RetryJitter.FULL);
    assertThat(retry.on()).containsExactly(RetryOn.RESET, RetryOn.TOO_MANY_REQUESTS);
    assertThat(retry.budget()).hasValue(new RetryBudgetSettings(10, 1));
    assertThat(all.timeout())
        .hasValue(
            new TimeoutSettings(
                Duration.ofSeconds(3), Duration.ofMillis(250), Duration.ofMinutes(1)));
    assertThat(all.bulkhead()).hasValue(new BulkheadSettings(5, Duration.ofMillis(20), 7));
    assertThat(all.rateLimit())
        .hasValue(
            new RateLimitSettings(30, Duration.ofMinutes(1), RateLimitAlgorithm.LEAKY_BUCKET));
    assertThat(all.threadPool())
        .hasValue(new ThreadPoolBulkheadSettings(5, 20, Duration.ofSeconds(30)));
    assertThat(all.process()).hasValue(new ProcessLimits(2, 4_000_000_000L, OptionalInt.of(64)));
  }

  /** Waits of many calls that always fail, one list a retry. */
  private static List<List<Double>> waits(RetrySettings settings, Random random, int calls) {
    var waits = new ArrayList<List<Double>>();
    for (int retry = 0; retry < settings.maxRetries(); retry++) {
      waits.add(new ArrayList<>());
    }
    Sleeper never =
        nanos -> {
          throw new AssertionError("asked, not called");
        };
    var retry =
        new Retry("payment", settings, new Retry.Source(() -> 0, random::nextDouble, never));
    for (int call = 0; call < calls; call++) {
      retry.started();
      for (int made = 0; made < settings.maxRetries(); made++) {
        long nanos = retry.nextWait(made, RetryOn.CONNECT_FAILURE);
        waits.get(made).add(nanos / 1e6);
      }
      assertThat(retry.nextWait(settings.maxRetries(), RetryOn.CONNECT_FAILURE))
          .isEqualTo(Retry.STOP);
    }
    return waits;
  }

  @Test
  void waitsGrowFromTheDelayByUpToHalfOfItAndStopAtTheLargest() {
    long seed = System.nanoTime();
    // More retries than the default's five, so that the largest delay is reached.
    var settings = unbounded("{ maxRetries: 9 }");
    var waits = waits(settings, new Random(seed), 4_000);
    double[] delays = {100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000};
    for (int retry = 0; retry < delays.length; retry++) {
      double delay = delays[retry];
      double most = Math.min(delay * 1.5, 15_000);
      var drawn = waits.get(retry).stream().mapToDouble(Double::doubleValue).summaryStatistics();
      assertThat(drawn.getMin())
          .as("shortest wait before retry %d, seed %d", retry + 1, seed)
          .isBetween(delay, delay * 1.01);
      assertThat(drawn.getMax())
          .as("longest wait before retry %d, seed %d", retry + 1, seed)
          .isLessThan(most)
          .isGreaterThan(delay * 1.49);
    }
  }

  @Test
  void noStatusOf4xxIsRetriedUnlessItIsOneOfThreeAndNamed() {
    var named = new ArrayList<String>();
    for (var on : RetryOn.values()) {
      named.add(on.text());
    }
    var everything = new Retry("all", unbounded("{ on: " + named + " }"));
    var others = EnumSet.allOf(RetryOn.class);
    others.removeAll(
        List.of(RetryOn.REQUEST_TIMEOUT, RetryOn.TOO_EARLY, RetryOn.TOO_MANY_REQUESTS));
    var server = new Retry("server", unbounded("{}").withOn(others));
    var defaults = new Retry("defaults", unbounded("{}"));
    for (int status = 400; status <= 499; status++) {
      boolean asksForAnother = status == 408 || status == 425 || status == 429;
      assertThat(everything.nextWaitAfterStatus(0, status) != Retry.STOP)
          .as("%d with everything named", status)
          .isEqualTo(asksForAnother);
      assertThat(server.nextWaitAfterStatus(0, status)).as("%d", status).isEqualTo(Retry.STOP);
      assertThat(defaults.nextWaitAfterStatus(0, status)).as("%d", status).isEqualTo(Retry.STOP);
    }
    assertThat(defaults.nextWaitAfterStatus(0, 503)).isNotEqualTo(Retry.STOP);
  }

  @Test
  void connectionsThatFailAndTimeOutsAreRetriedAndBugsAreNot() throws Exception {
    for (var failure :
        List.of(new ConnectException(), new SocketTimeoutException(), new TimeoutException())) {
      assertThat(tries(failure)).as("%s", failure).isEqualTo(1 + 5);
    }
    assertThat(tries(new IllegalArgumentException("a bug"))).isEqualTo(1);
  }

  private static int tries(Exception failure) throws Exception {
    var retry =
        new Retry("payment", unbounded("{}"), new Retry.Source(() -> 0, () -> 0, nanos -> {}));
    var tries = new AtomicLong();
    try {
      retry.call(
          () -> {
            tries.incrementAndGet();
            throw failure;
          });
    } catch (Exception last) {
      assertThat(last).isSameAs(failure);
    }
    return tries.intValue();
  }

  @Test
  void breakerOpensWaitsTenSecondsProbesThreeTimesAndDecides() {
    var nanos = new AtomicLong();
    var breaker =
        new CircuitBreaker(
            "payment",
            settings("circuitBreaker: {}").circuitBreaker().orElseThrow(),
            nanos::get,
            PolicyEvents.none());
    open(breaker);
    nanos.addAndGet(Duration.ofSeconds(10).toNanos() - 1);
    assertThat(breaker.tryAcquire()).isNegative();
    nanos.incrementAndGet();
    for (long probe : probes(breaker)) {
      breaker.failure(probe, 1);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(breaker.tryAcquire()).isNegative();
    nanos.addAndGet(Duration.ofSeconds(10).toNanos());
    for (long probe : probes(breaker)) {
      assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
      breaker.success(probe, 1);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  /** Every second call fails: at the tenth, the least number of calls, the rate is 50 percent. */
  private static void open(CircuitBreaker breaker) {
    for (int call = 0; call < 10; call++) {
      assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
      long permit = breaker.tryAcquire();
      if (call % 2 == 0) {
        breaker.success(permit, 1);
      } else {
        breaker.failure(permit, 1);
      }
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  private static List<Long> probes(CircuitBreaker breaker) {
    var probes = new ArrayList<Long>();
    for (long permit = breaker.tryAcquire(); permit >= 0; permit = breaker.tryAcquire()) {
      probes.add(permit);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(probes).hasSize(3);
    return probes;
  }
}
