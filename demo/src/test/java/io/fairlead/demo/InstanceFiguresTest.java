package io.fairlead.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InstanceFiguresTest {
  private static String page(int fast, int slow, int failed) {
    var labels = "{component=\"inbound\",cluster=\"application\",";
    return """
        # TYPE fairlead_requests_total counter
        fairlead_requests_total%1$scode_class="2xx",reason=""} %2$d
        fairlead_requests_total%1$scode_class="5xx",reason=""} %3$d
        fairlead_requests_total{component="outbound",cluster="x",code_class="5xx",reason=""} 99
        fairlead_request_duration_seconds_bucket%1$sle="0.005"} %4$d
        fairlead_request_duration_seconds_bucket%1$sle="0.1"} %2$d
        fairlead_request_duration_seconds_bucket%1$sle="+Inf"} %2$d
        """
        .formatted(labels, fast + slow, failed, fast);
  }

  @Test
  void onlyWhatCameInSinceTheEarlierReadingCounts() {
    var earlier = InstanceFigures.parse(page(100, 0, 1));
    var between = InstanceFigures.parse(page(150, 50, 4)).since(earlier);
    assertThat(between.requests()).isEqualTo(103);
    assertThat(between.errors()).isEqualTo(3);
    assertThat(between.percentile(50)).isEqualTo("<= 5.0 ms");
    assertThat(between.percentile(99)).isEqualTo("<= 100.0 ms");
  }

  @Test
  void aSidecarThatBeganAnewCountsFromItsStart() {
    var earlier = InstanceFigures.parse(page(100, 0, 0));
    assertThat(InstanceFigures.parse(page(5, 0, 0)).since(earlier).requests()).isEqualTo(5);
    assertThat(InstanceFigures.parse("").percentile(50)).isEqualTo("-");
  }
}
