package io.fairlead.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.Policy;
import io.fairlead.resilience.ResilienceSettings;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PolicyMetersTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();

  private void nextSecond() {
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
  }

  private double gauge(String name, String... tags) {
    return registry.get("fairlead." + name).tags(tags).gauge().value();
  }

  private double counter(String name, String... tags) {
    return registry.get("fairlead." + name).tags(tags).functionCounter().count();
  }

  private static CircuitBreaker breaker(String name) {
    return new CircuitBreaker(name, CircuitBreakerSettings.defaults());
  }

  @Test
  void breakerIsToldByStateAndCounts() {
    var breaker = breaker("bank");
    PolicyMeters.of(List.of(breaker)).on(nanos::get).bindTo(registry);
    assertThat(gauge("circuit_breaker.state", "name", "bank", "state", "closed")).isEqualTo(1);
    breaker.transitionTo(CircuitState.FORCED_OPEN);
    assertThat(breaker.tryAcquire()).isNegative();
    assertThat(gauge("circuit_breaker.state", "name", "bank", "state", "closed"))
        .as("kept for a second")
        .isEqualTo(1);
    nextSecond();
    assertThat(gauge("circuit_breaker.state", "name", "bank", "state", "closed")).isZero();
    assertThat(gauge("circuit_breaker.state", "name", "bank", "state", "forced_open")).isEqualTo(1);
    assertThat(counter("circuit_breaker.rejected_calls", "name", "bank")).isEqualTo(1);
  }

  @Test
  void policiesThatAReconfiguredPipelineGainsAndLosesFollowAtTheRefresh() {
    Pipeline<String> pipeline =
        Pipeline.of("bank", ResilienceSettings.none().withBulkhead(BulkheadSettings.defaults()));
    var meters = PolicyMeters.of(List.of(pipeline)).on(nanos::get);
    meters.bindTo(registry);
    assertThat(gauge("bulkhead.max_concurrent_calls", "name", "bank")).isEqualTo(10);
    pipeline.reconfigure(
        ResilienceSettings.none().withCircuitBreaker(CircuitBreakerSettings.defaults()));
    meters.refresh();
    assertThat(gauge("circuit_breaker.state", "name", "bank", "state", "closed")).isEqualTo(1);
    assertThat(registry.find("fairlead.bulkhead.max_concurrent_calls").gauge()).isNull();
  }

  @Test
  void supplierIsAskedAgain() {
    List<Policy> policies = new ArrayList<>();
    var meters = PolicyMeters.of(() -> List.copyOf(policies)).on(nanos::get);
    meters.bindTo(registry);
    assertThat(registry.getMeters()).isEmpty();
    policies.add(breaker("late"));
    meters.refresh();
    assertThat(gauge("circuit_breaker.window_calls", "name", "late")).isZero();
  }

  @Test
  void keysAreOneNameHoweverManyThereAre() {
    PerKey<String, CircuitBreaker> hosts =
        new PerKey<>(1_000, PolicyMetersTest::breaker, breaker("others"));
    PolicyMeters.of(List.of()).with("hosts", hosts).on(nanos::get).bindTo(registry);
    int few = registry.getMeters().size();
    IntStream.range(0, 500).forEach(i -> hosts.get("host-" + i));
    hosts.get("host-3").transitionTo(CircuitState.OPEN);
    nextSecond();
    assertThat(gauge("per_key.keys", "name", "hosts")).isEqualTo(500);
    assertThat(gauge("per_key.circuit_breaker.state", "name", "hosts", "state", "open"))
        .isEqualTo(1);
    assertThat(registry.getMeters()).hasSize(few);
    assertThat(registry.getMeters())
        .flatExtracting(meter -> meter.getId().getTags())
        .extracting(Tag::getKey)
        .containsOnly("name", "state");
  }

  @Test
  void metersKeepNoPolicyAlive() throws Exception {
    var meters = bindOneThatIsDropped();
    await()
        .atMost(BOUND)
        .until(
            () -> {
              System.gc();
              return dropped.get() == null;
            });
    nextSecond();
    assertThat(gauge("circuit_breaker.window_calls", "name", "dropped")).isNaN();
    assertThat(counter("circuit_breaker.rejected_calls", "name", "dropped")).isEqualTo(1);
    meters.refresh();
    assertThat(registry.getMeters()).isEmpty();
  }

  private WeakReference<CircuitBreaker> dropped = new WeakReference<>(null);

  private PolicyMeters bindOneThatIsDropped() {
    var breaker = breaker("dropped");
    breaker.transitionTo(CircuitState.FORCED_OPEN);
    assertThat(breaker.tryAcquire()).isNegative();
    dropped = new WeakReference<>(breaker);
    var meters = PolicyMeters.of(List.of(breaker)).on(nanos::get);
    meters.bindTo(registry);
    return meters;
  }

  @Test
  void closingRemovesItsMetersAndNoOthers() {
    registry.counter("mine");
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults());
    try (var meters = PolicyMeters.of(List.of(bulkhead))) {
      meters.bindTo(registry);
      assertThat(registry.getMeters()).hasSizeGreaterThan(1);
    }
    assertThat(registry.getMeters())
        .extracting(Meter::getId)
        .extracting(Meter.Id::getName)
        .containsExactly("mine");
  }
}
