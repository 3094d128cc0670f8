package io.fairlead.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Policy;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PolicyInstrumentsTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final AttributeKey<String> NAME = AttributeKey.stringKey("fairlead.policy.name");
  private static final AttributeKey<String> STATE =
      AttributeKey.stringKey("fairlead.circuit_breaker.state");

  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
          .build();

  @AfterEach
  void close() {
    sdk.close();
  }

  private Collection<MetricData> collect() {
    return reader.collectAllMetrics();
  }

  private MetricData metric(String name) {
    return collect().stream().filter(m -> m.getName().equals(name)).findFirst().orElseThrow();
  }

  private double value(String metric, Attributes attributes) {
    return metric(metric).getData().getPoints().stream()
        .filter(point -> point.getAttributes().equals(attributes))
        .mapToDouble(point -> ((DoublePointData) point).getValue())
        .findFirst()
        .orElseThrow();
  }

  private static Attributes named(String name) {
    return Attributes.of(NAME, name);
  }

  private static Attributes state(String name, String state) {
    return Attributes.of(NAME, name, STATE, state);
  }

  private static CircuitBreaker breaker(String name) {
    return new CircuitBreaker(name, CircuitBreakerSettings.defaults());
  }

  @Test
  void figuresAreInstrumentsOfTheirKindAndUnit() {
    var breaker = breaker("bank");
    var retry = new Retry("bank", RetrySettings.defaults());
    try (var instruments = PolicyInstruments.of(List.of(breaker, retry))) {
      instruments.bindTo(sdk);
      breaker.transitionTo(CircuitState.FORCED_OPEN);
      assertThat(breaker.tryAcquire()).isNegative();
      assertThat(retry.nextWait(0, RetryOn.TIMEOUT)).isPositive();
      assertThat(value("fairlead.circuit_breaker.state", state("bank", "forced_open")))
          .isEqualTo(1);
      assertThat(value("fairlead.circuit_breaker.state", state("bank", "closed"))).isZero();
      assertThat(value("fairlead.circuit_breaker.rejected_calls", named("bank"))).isEqualTo(1);
      assertThat(value("fairlead.retry.retries", named("bank"))).isEqualTo(1);
      MetricData rate = metric("fairlead.circuit_breaker.failure_rate");
      assertThat(rate.getType()).isEqualTo(MetricDataType.DOUBLE_GAUGE);
      assertThat(rate.getUnit()).isEqualTo("%");
      assertThat(rate.getInstrumentationScopeInfo().getName()).isEqualTo("io.fairlead.resilience");
      MetricData rejected = metric("fairlead.circuit_breaker.rejected_calls");
      assertThat(rejected.getDoubleSumData().isMonotonic()).isTrue();
      assertThat(metric("fairlead.circuit_breaker.window_calls").getDoubleSumData())
          .returns(false, sum -> sum.isMonotonic());
    }
  }

  @Test
  void keysAreOneSeriesHoweverManyThereAre() {
    PerKey<String, CircuitBreaker> hosts =
        new PerKey<>(1_000, PolicyInstrumentsTest::breaker, breaker("others"));
    try (var instruments = PolicyInstruments.of(List.of()).with("hosts", hosts)) {
      instruments.bindTo(sdk);
      int few = points().size();
      IntStream.range(0, 500).forEach(i -> hosts.get("host-" + i));
      assertThat(value("fairlead.per_key.keys", named("hosts"))).isEqualTo(500);
      assertThat(points())
          .hasSize(few)
          .allSatisfy(p -> assertThat(p.getAttributes().get(NAME)).isEqualTo("hosts"));
    }
    Reference.reachabilityFence(hosts);
  }

  private List<? extends PointData> points() {
    return collect().stream().flatMap(metric -> metric.getData().getPoints().stream()).toList();
  }

  @Test
  void typeThatComesLaterIsThereAfterARefresh() {
    List<Policy> policies = new ArrayList<>();
    try (var instruments = PolicyInstruments.of(() -> List.copyOf(policies))) {
      instruments.bindTo(sdk);
      assertThat(collect()).isEmpty();
      policies.add(breaker("one"));
      instruments.refresh();
      policies.add(breaker("two"));
      assertThat(value("fairlead.circuit_breaker.window_calls", named("one"))).isZero();
      assertThat(value("fairlead.circuit_breaker.window_calls", named("two"))).isZero();
      policies.add(new Bulkhead("three", BulkheadSettings.defaults()));
      instruments.refresh();
      assertThat(value("fairlead.bulkhead.max_concurrent_calls", named("three"))).isEqualTo(10);
    }
  }

  @Test
  void droppedPolicyIsCollectedAndNoLongerObserved() {
    var dropped = bindOneThatIsDropped();
    await()
        .atMost(BOUND)
        .until(
            () -> {
              System.gc();
              return dropped.get() == null;
            });
    assertThat(collect()).isEmpty();
  }

  private WeakReference<CircuitBreaker> bindOneThatIsDropped() {
    var breaker = breaker("dropped");
    PolicyInstruments.of(List.of(breaker)).bindTo(sdk);
    assertThat(value("fairlead.circuit_breaker.window_calls", named("dropped"))).isZero();
    return new WeakReference<>(breaker);
  }

  @Test
  void closingUnregisters() {
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults());
    var instruments = PolicyInstruments.of(List.of(bulkhead));
    instruments.bindTo(sdk);
    assertThat(collect()).isNotEmpty();
    instruments.close();
    assertThat(collect()).isEmpty();
    assertThat(bulkhead.inUse()).isZero();
  }
}
