package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PolicyFigureTest {
  private static final CircuitBreakerSettings BREAKER =
      CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(1);

  private static double value(List<PolicyFigure> figures, String name, String policy) {
    return value(figures, name, policy, Optional.empty());
  }

  private static double value(
      List<PolicyFigure> figures, String name, String policy, Optional<String> state) {
    var matching =
        figures.stream()
            .filter(f -> f.name().equals(name) && f.policy().equals(policy))
            .filter(f -> f.state().equals(state))
            .toList();
    assertThat(matching).as("%s of %s in %s", name, policy, figures).hasSize(1);
    return matching.getFirst().value();
  }

  @Test
  void breakerIsInOneState() {
    var breaker = new CircuitBreaker("bank", BREAKER);
    breaker.failure(breaker.tryAcquire(), 1);
    assertThat(breaker.tryAcquire()).isNegative();
    List<PolicyFigure> figures = PolicyFigure.of(List.of(breaker));
    assertThat(value(figures, "circuit_breaker.state", "bank", Optional.of("open"))).isEqualTo(1);
    assertThat(value(figures, "circuit_breaker.state", "bank", Optional.of("closed"))).isZero();
    assertThat(value(figures, "circuit_breaker.failure_rate", "bank")).isEqualTo(100);
    assertThat(value(figures, "circuit_breaker.rejected_calls", "bank")).isEqualTo(1);
    assertThat(value(figures, "circuit_breaker.times_opened", "bank")).isEqualTo(1);
  }

  @Test
  void pipelineTellsTheFiguresOfItsPoliciesOnce() throws Exception {
    var bulkhead = new Bulkhead("shared", BulkheadSettings.defaults());
    var one = Pipeline.<String>named("one").bulkhead(bulkhead).build();
    var two = Pipeline.<String>named("two").bulkhead(bulkhead).build();
    List<Double> seen = new ArrayList<>();
    one.call(
        () -> {
          seen.add(value(PolicyFigure.of(List.of(one, two)), "bulkhead.in_use", "shared"));
          return "";
        });
    assertThat(seen).containsExactly(1.0);
  }

  @Test
  void policiesOfOneTypeAndNameAddUpAndTheWorstRateCounts() {
    var good = new CircuitBreaker("bank", BREAKER);
    good.success(good.tryAcquire(), 1);
    var bad = new CircuitBreaker("bank", BREAKER);
    bad.failure(bad.tryAcquire(), 1);
    List<PolicyFigure> figures = PolicyFigure.of(List.of(good, bad));
    assertThat(value(figures, "circuit_breaker.window_calls", "bank")).isEqualTo(2);
    assertThat(value(figures, "circuit_breaker.failure_rate", "bank")).isEqualTo(100);
    assertThat(value(figures, "circuit_breaker.state", "bank", Optional.of("open"))).isEqualTo(1);
    assertThat(value(figures, "circuit_breaker.state", "bank", Optional.of("closed"))).isEqualTo(1);
  }

  @Test
  void everyPolicyOfTheLibraryTellsSomething() {
    try (var pool = new ThreadPoolBulkhead("p", ThreadPoolBulkheadSettings.defaults())) {
      var limit = new AdaptiveLimit("p", AdaptiveLimitSettings.defaults());
      List<Policy> policies =
          List.of(
              new CircuitBreaker("p", BREAKER),
              new Bulkhead("p", BulkheadSettings.defaults()),
              pool,
              new RateLimiter("p", RateLimitSettings.defaults()),
              new Retry("p", RetrySettings.defaults()),
              new Timeout("p", Duration.ofSeconds(1)),
              new Hedge("p", HedgeSettings.defaults()),
              limit,
              new LoadShedder("p", LoadShedderSettings.defaults(), limit),
              new CallCache<String, String>("p", CallCacheSettings.defaults()));
      for (Policy policy : policies) {
        assertThat(PolicyFigure.of(List.of(policy)))
            .as("%s", policy)
            .isNotEmpty()
            .allSatisfy(figure -> assertThat(figure.policy()).isEqualTo("p"))
            .allSatisfy(figure -> assertThat(figure.value()).isFinite().isNotNegative());
      }
    }
  }

  @Test
  void keysAreCountedTogetherHoweverManyThereAre() {
    PerKey<String, CircuitBreaker> hosts =
        new PerKey<>(
            100,
            host -> new CircuitBreaker(host, BREAKER),
            new CircuitBreaker("overflow", BREAKER));
    int few = PolicyFigure.of("hosts", hosts).size();
    IntStream.range(0, 50).mapToObj(i -> "host-" + i).forEach(hosts::get);
    CircuitBreaker broken = hosts.get("host-7");
    broken.failure(broken.tryAcquire(), 1);
    List<PolicyFigure> figures = PolicyFigure.of("hosts", hosts);
    assertThat(figures).hasSize(few).allSatisfy(f -> assertThat(f.policy()).isEqualTo("hosts"));
    assertThat(value(figures, "per_key.keys", "hosts")).isEqualTo(50);
    assertThat(value(figures, "per_key.circuit_breaker.state", "hosts", Optional.of("open")))
        .isEqualTo(1);
    // The policy that keys without room share is one of them.
    assertThat(value(figures, "per_key.circuit_breaker.state", "hosts", Optional.of("closed")))
        .isEqualTo(50);
    assertThat(figures).noneMatch(f -> f.name().endsWith("rejected_calls"));
  }
}
