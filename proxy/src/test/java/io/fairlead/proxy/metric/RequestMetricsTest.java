package io.fairlead.proxy.metric;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.telemetry.PrometheusText;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
  private static String page(RequestMetrics metrics) {
    PrometheusText page = new PrometheusText();
    metrics.write(page);
    return page.toString();
  }

  @Test
  void clustersBeyondTheBoundAreCountedTogether() {
    RequestMetrics metrics = new RequestMetrics(2, 2);
    Metering first = metrics.metering("inbound");
    assertThat(page(metrics)).doesNotContain("cluster=");
    first.counts("a").retried(0);
    first.counts("b").retried(0);
    assertThat(page(metrics)).contains("cluster=\"a\"", "cluster=\"b\"").doesNotContain("(other)");
    Metering second = metrics.metering("inbound");
    second.counts("c").retried(0);
    second.counts("d").retried(1);
    metrics.metering("outbound").counts("c").retried(0);
    assertThat(page(metrics))
        .contains(
            "{component=\"inbound\",cluster=\"(other)\"} 2",
            "{component=\"outbound\",cluster=\"c\"} 1")
        .doesNotContain(
            "component=\"inbound\",cluster=\"c\"", "component=\"inbound\",cluster=\"d\"");
  }

  @Test
  void countsGoOnInTheNextConfiguration() {
    RequestMetrics metrics = new RequestMetrics(1, 2);
    RequestCounts before = metrics.metering("inbound").counts("a");
    before.retried(0);
    Metering next = metrics.metering("inbound");
    assertThat(next.counts("a")).isSameAs(before).isSameAs(next.counts("a"));
    next.counts("a").retried(0);
    assertThat(page(metrics)).contains("{component=\"inbound\",cluster=\"a\"} 2");
  }

  @Test
  void countsOfAllLoopsAreAddedUp() {
    RequestCounts counts = new RequestCounts(3);
    for (int loop = 0; loop < 3; loop++) {
      counts.ended(loop, 200 + loop, null, 1_000);
      counts.retried(loop);
    }
    counts.ended(1, 0, null, 1_000);
    assertThat(counts.upstreamAnswers(2)).isEqualTo(3);
    assertThat(counts.upstreamAnswers(0)).isEqualTo(1);
    assertThat(counts.retries()).isEqualTo(3);
    assertThat(counts.durations().count()).isEqualTo(4);
  }
}
