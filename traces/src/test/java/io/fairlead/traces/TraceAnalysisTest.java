package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceAnalysisTest {
  private static long failing(SpanBuilder... spans) {
    return TraceAnalysis.of(SpanBuilder.trace(spans)).failing().map(Span::spanId).orElse(0L);
  }

  @Test
  void theOrderIsExplainedInTwoSentences() {
    assertThat(TraceAnalysis.of(OrderTrace.failed()).findings())
        .containsExactly(
            "Bottleneck: bank, POST /transfer: 1.28 s (84 %) of the request; it works there"
                + " itself.",
            "The error started in bank, POST /transfer: core system: connection refused; passed on"
                + " by payment, order, gateway.");
  }

  @Test
  void withoutAFailureNothingFailed() {
    assertThat(failing(span(1))).isZero();
  }

  @Test
  void theDeepestFailureIsTheFirstCauseAlsoThroughSpansThatSaidNothing() {
    assertThat(
            failing(
                span(1).at(0, 100).failed(""),
                span(2).under(1).at(10, 90),
                span(3).under(2).at(20, 80).failed(""),
                span(4).under(3).at(30, 70)))
        .isEqualTo(3);
  }

  @Test
  void whoPassedAnErrorOnIsNamedAlsoIfTheOriginOutlivedThem() {
    var analysis =
        TraceAnalysis.of(
            SpanBuilder.trace(
                span(1).of("gateway", "GET /").at(0, 100).failed(""),
                span(2).under(1).of("order", "get").at(10, 80).failed("timeout"),
                span(3).under(2).of("bank", "pay").at(20, 95).failed("full")));

    assertThat(analysis.findings().getLast())
        .isEqualTo("The error started in bank, pay: full; passed on by order, gateway.");
  }

  @Test
  void anErrorThatWasSurvivedIsNotTheCauseOfALaterOne() {
    assertThat(
            failing(
                span(1).at(0, 100).failed(""),
                span(2).under(1).at(10, 20).failed("survived"),
                span(3).under(1).at(30, 90).failed("fatal"),
                span(4).under(1).at(92, 95)))
        .isEqualTo(3);
  }

  @Test
  void anErrorBelowAGoodRootIsStillShown() {
    assertThat(
            failing(
                span(1).at(0, 100),
                span(2).under(1).at(50, 60).failed("second"),
                span(3).under(1).at(10, 40).failed(""),
                span(4).under(3).at(20, 30).failed("first")))
        .isEqualTo(4);
  }

  @Test
  void manySpansOfOneKindAreOneBottleneck() {
    var analysis =
        TraceAnalysis.of(
            SpanBuilder.trace(
                span(1).at(0, 100),
                span(2).under(1).of("db", "SELECT").kind(SpanKind.CLIENT).at(0, 30),
                span(3).under(1).of("db", "SELECT").kind(SpanKind.CLIENT).at(30, 55),
                span(4).under(1).of("order", "render").at(60, 95)));

    assertThat(analysis.bottleneck().spanCount()).isEqualTo(2);
    assertThat(analysis.findings())
        .containsExactly(
            "Bottleneck: db, SELECT (2 times): 55.0 ms (55 %) of the request; it waits there, and"
                + " no span below says for what.");
  }

  @Test
  void doubtsAboutTheTraceAreNamed() {
    var analysis =
        TraceAnalysis.of(
            SpanBuilder.trace(
                span(1).host("a").at(0, 100),
                span(2).under(1).host("b").at(-40, 10),
                span(3).under(77).host("a").at(0, 100)));

    assertThat(analysis.findings())
        .contains(
            "1 span names a parent that is not here: the trace is incomplete.",
            "The clock of b is 40.0 ms behind; its spans are shown corrected.");
  }

  @Test
  void theReasonIsWhateverTheSpanSays() {
    assertThat(
            TraceAnalysis.of(
                    SpanBuilder.trace(
                        span(1).failed("").tag("error.type", AttributeValue.of("timeout"))))
                .findings()
                .getLast())
        .isEqualTo("The error started in order, work: timeout.");
    assertThat(
            TraceAnalysis.of(
                    SpanBuilder.trace(
                        span(1)
                            .failed("")
                            .tag("http.response.status_code", new AttributeValue.Int(502))))
                .findings()
                .getLast())
        .isEqualTo("The error started in order, work: HTTP 502.");
  }
}
