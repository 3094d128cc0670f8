package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class MetricsTest {
  @Test
  void pageIsInTheTextFormat() {
    Histogram latency =
        Histogram.ofDurations(
            List.of(Duration.ofMillis(5), Duration.ofMillis(250), Duration.ofSeconds(1)));
    latency.record(5_000_000);
    latency.record(5_000_001);
    latency.record(2_000_000_000);
    Labels bank = Labels.of("service", "bank", "code", "200");
    String page =
        new PrometheusText()
            .counter("fairlead_requests_total", "Requests by answer.")
            .sample(bank, 3)
            .sample(Labels.of("service", "bank", "code", "503"), 1)
            .gauge("fairlead_load", "One\nor \\ two.")
            .sample(Labels.NONE, 0.25)
            .histogram("fairlead_request_duration_seconds", "Time to the last byte.")
            .sample(bank, latency.snapshot())
            .toString();
    assertThat(page)
        .isEqualTo(
            """
            # HELP fairlead_requests_total Requests by answer.
            # TYPE fairlead_requests_total counter
            fairlead_requests_total{service="bank",code="200"} 3
            fairlead_requests_total{service="bank",code="503"} 1
            # HELP fairlead_load One\\nor \\\\ two.
            # TYPE fairlead_load gauge
            fairlead_load 0.25
            # HELP fairlead_request_duration_seconds Time to the last byte.
            # TYPE fairlead_request_duration_seconds histogram
            fairlead_request_duration_seconds_bucket{service="bank",code="200",le="0.005"} 1
            fairlead_request_duration_seconds_bucket{service="bank",code="200",le="0.25"} 2
            fairlead_request_duration_seconds_bucket{service="bank",code="200",le="1"} 2
            fairlead_request_duration_seconds_bucket{service="bank",code="200",le="+Inf"} 3
            fairlead_request_duration_seconds_sum{service="bank",code="200"} 2.010000001
            fairlead_request_duration_seconds_count{service="bank",code="200"} 3
            """);
  }

  @Test
  void labelValuesAreEscaped() {
    assertThat(Labels.of("path", "a\\b\"c\nd")).hasToString("path=\"a\\\\b\\\"c\\nd\"");
  }

  @Test
  void specialNumbersHaveTheirNames() {
    String page =
        new PrometheusText()
            .gauge("g", "h")
            .sample(Labels.NONE, Double.POSITIVE_INFINITY)
            .sample(Labels.NONE, Double.NEGATIVE_INFINITY)
            .sample(Labels.NONE, Double.NaN)
            .sample(Labels.NONE, 1e300)
            .toString();
    assertThat(page.lines().skip(2)).containsExactly("g +Inf", "g -Inf", "g NaN", "g 1.0E300");
  }

  @Test
  void wrongNamesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PrometheusText().counter("1st", "help"))
        .withMessage("metric name: must match [a-zA-Z_:][a-zA-Z0-9_:]*, was 1st");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PrometheusText().counter("c", "help").counter("c", "help"));
    assertThatIllegalArgumentException().isThrownBy(() -> Labels.of("__name", "x"));
    assertThatIllegalArgumentException().isThrownBy(() -> Labels.of("name"));
    assertThatIllegalStateException().isThrownBy(() -> new PrometheusText().sample(Labels.NONE, 1));
  }

  @Test
  void quantilesLieBetweenTheBoundsAroundThem() {
    Histogram sizes = Histogram.ofNumbers(List.of(10L, 20L, 30L, 40L));
    for (long value = 1; value <= 40; value++) {
      sizes.record(value);
    }
    HistogramSnapshot snapshot = sizes.snapshot();
    assertThat(snapshot.quantile(0.5)).isEqualTo(20, within(1e-9));
    assertThat(snapshot.quantile(0.99)).isEqualTo(39.6, within(1e-9));
    assertThat(snapshot.sum()).isEqualTo(820);
    sizes.record(1_000);
    assertThat(sizes.snapshot().quantile(1)).isEqualTo(40);
    assertThat(Histogram.ofNumbers(List.of(1L)).snapshot().quantile(0.5)).isZero();
  }

  @Test
  void boundsMustAscend() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Histogram.ofNumbers(List.of(1L, 1L)))
        .withMessage("bounds: must ascend, but 1 comes before 1");
    assertThatIllegalArgumentException().isThrownBy(() -> Histogram.ofNumbers(List.of()));
  }

  @Test
  void nothingIsLostBetweenThreads() throws Exception {
    Histogram histogram = Histogram.ofDurations(Histogram.latencyBounds());
    var counter = new Counter();
    try (var pool = Executors.newFixedThreadPool(4)) {
      List<Future<?>> futures = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        futures.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < 100_000; i++) {
                    histogram.record(1_000_000);
                    counter.increment();
                  }
                }));
      }
      for (Future<?> future : futures) {
        awaitDone(future);
      }
    }
    assertThat(histogram.snapshot().count()).isEqualTo(400_000);
    assertThat(histogram.snapshot().sum()).isEqualTo(400, within(1e-9));
    assertThat(counter.value()).isEqualTo(400_000);
  }

  private static void awaitDone(Future<?> future) throws InterruptedException, ExecutionException {
    future.get();
  }
}
