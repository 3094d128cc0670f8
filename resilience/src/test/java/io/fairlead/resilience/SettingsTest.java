package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void defaultsAreTheDocumentedFigures() {
    assertThat(CircuitBreakerSettings.defaults())
        .isEqualTo(
            new CircuitBreakerSettings(
                50,
                100,
                Duration.ofSeconds(2),
                10,
                SlidingWindowType.COUNT_BASED,
                100,
                Duration.ofSeconds(10),
                1,
                Duration.ofMinutes(5),
                3,
                Duration.ofMinutes(1)));
    assertThat(RetrySettings.defaults())
        .isEqualTo(
            new RetrySettings(
                5,
                Duration.ofMillis(100),
                Duration.ofSeconds(10),
                2,
                0.5,
                RetryJitter.PROPORTIONAL,
                EnumSet.of(
                    RetryOn.CONNECT_FAILURE, RetryOn.RESET, RetryOn.TIMEOUT, RetryOn.GATEWAY_ERROR),
                Optional.of(new RetryBudgetSettings(20, 3))));
    assertThat(TimeoutSettings.defaults())
        .isEqualTo(
            new TimeoutSettings(
                Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofSeconds(60)));
    assertThat(BulkheadSettings.defaults()).isEqualTo(new BulkheadSettings(10, Duration.ZERO, 100));
    assertThat(RateLimitSettings.defaults())
        .isEqualTo(new RateLimitSettings(100, Duration.ofSeconds(1)));
  }

  @Test
  void everyFaultNamesFieldRuleAndValue() {
    CircuitBreakerSettings breaker = CircuitBreakerSettings.defaults();
    refused(
        () -> breaker.withFailureRateThreshold(0),
        "failureRateThreshold: must be above 0 and at most 100 (percent), was 0.0");
    refused(
        () -> breaker.withSlowCallRateThreshold(100.5),
        "slowCallRateThreshold: must be above 0 and at most 100 (percent), was 100.5");
    refused(
        () -> breaker.withFailureRateThreshold(Double.NaN),
        "failureRateThreshold: must be above 0 and at most 100 (percent), was NaN");
    refused(
        () -> breaker.withSlidingWindowSize(0), "slidingWindowSize: must be 1 to 1000000, was 0");
    refused(
        () ->
            breaker
                .withSlidingWindowType(SlidingWindowType.TIME_BASED)
                .withSlidingWindowSize(86_401),
        "slidingWindowSize: must be 1 to 86400, was 86401");
    refused(
        () -> breaker.withPermittedNumberOfCallsInHalfOpen(0),
        "permittedNumberOfCallsInHalfOpen: must be 1 to 10000, was 0");
    refused(
        () -> breaker.withWaitDurationInOpenState(Duration.ZERO),
        "waitDurationInOpenState: must be above 0 and at most PT720H, was PT0S");
    RetrySettings retry = RetrySettings.defaults();
    refused(() -> retry.withMaxRetries(101), "maxRetries: must be 0 to 100, was 101");
    refused(
        () -> retry.withMaxDelay(Duration.ofMillis(99)),
        "maxDelay: must not be below initialDelay PT0.1S, was PT0.099S");
    refused(() -> retry.withMultiplier(0.9), "multiplier: must be 1.0 to 100.0, was 0.9");
    refused(() -> retry.withJitter(-0.1), "jitter: must be 0.0 to 1.0, was -0.1");
    refused(
        () -> BulkheadSettings.defaults().withMaxConcurrentCalls(0),
        "maxConcurrentCalls: must be 1 to 1000000, was 0");
    refused(
        () -> BulkheadSettings.defaults().withMaxWait(Duration.ofMillis(-1)),
        "maxWait: must be 0 to PT720H, was PT-0.001S");
    refused(
        () -> new RateLimitSettings(2, Duration.ofNanos(1_999)),
        "limit: must be at most one per microsecond, 1 in a period of PT0.000001999S, was 2");
    refused(
        () -> TimeoutSettings.defaults().withConnect(Duration.ZERO),
        "connect: must be above 0 and at most PT720H, was PT0S");
    refused(() -> new RetryBudgetSettings(-1, 3), "percent: must be 0.0 to 1000.0, was -1.0");
  }

  @Test
  void retryConditionsAreEqualByValueAndKeepTheirOrder() {
    RetrySettings one = RetrySettings.defaults().withOn(Set.of(RetryOn.RESET, RetryOn.TIMEOUT));
    RetrySettings two = RetrySettings.defaults().withOn(EnumSet.of(RetryOn.TIMEOUT, RetryOn.RESET));
    assertThat(one).isEqualTo(two).hasSameHashCodeAs(two).hasToString(two.toString());
    assertThat(one.on()).containsExactly(RetryOn.RESET, RetryOn.TIMEOUT);
  }

  @Test
  void policiesOfARouteComeBeforeThoseOfItsCluster() {
    TimeoutSettings routeTimeout = TimeoutSettings.defaults().withRequest(Duration.ofSeconds(7));
    ResilienceSettings route = ResilienceSettings.none().withTimeout(routeTimeout);
    ResilienceSettings both = route.or(ResilienceSettings.defaults());
    assertThat(both).isEqualTo(ResilienceSettings.defaults().withTimeout(routeTimeout));
    assertThat(ResilienceSettings.none().isEmpty()).isTrue();
    assertThat(both.isEmpty()).isFalse();
  }

  @Test
  void everyConditionIsFoundByItsText() {
    for (RetryOn on : RetryOn.values()) {
      assertThat(RetryOn.of(on.text())).contains(on);
    }
    assertThat(RetryOn.of("4xx")).isEmpty();
  }

  private static void refused(ThrowingCallable settings, String message) {
    assertThatIllegalArgumentException().isThrownBy(settings).withMessage(message);
  }
}
