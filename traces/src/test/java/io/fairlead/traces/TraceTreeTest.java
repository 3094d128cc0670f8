package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TraceTreeTest {
  private static List<String> shape(SpanBuilder... spans) {
    return TraceTree.of(SpanBuilder.trace(spans)).nodes().stream()
        .map(
            node ->
                ".".repeat(node.depth()) + node.span().spanId() + (node.parentMissing() ? "?" : ""))
        .toList();
  }

  @Test
  void nodesStandBeforeTheirChildrenWhichStandByTheirStart() {
    assertThat(
            shape(
                span(4).under(2).at(6, 7),
                span(3).under(1).at(1, 2),
                span(2).under(1).at(5, 8),
                span(1).at(0, 10),
                span(5).under(2).at(5, 6)))
        .containsExactly("1", ".3", ".2", "..5", "..4");
  }

  @Test
  void aSpanWhoseParentIsNotHereIsARootAfterTheTrueOne() {
    assertThat(shape(span(1).at(5, 10), span(2).under(77).at(0, 3), span(3).under(2).at(1, 2)))
        .containsExactly("1", "2?", ".3");
  }

  @Test
  void withoutATrueRootTheEarliestStandsForTheRequest() {
    assertThat(shape(span(2).under(77).at(3, 4), span(3).under(78).at(1, 9)))
        .containsExactly("3?", "2?");
  }

  @Test
  void circlesAreCutAtTheirEarliestSpan() {
    assertThat(
            shape(
                span(1).under(3).at(2, 9),
                span(2).under(1).at(1, 9),
                span(3).under(2).at(3, 9),
                span(4).under(3).at(4, 5),
                span(9).under(9).at(5, 6)))
        .containsExactly("2?", ".3", "..1", "..4", "9?");
  }

  @Test
  void aServerWithItsClientsIdIsItsChildAndTheParentOfWhatFollows() {
    assertThat(
            shape(
                span(1).at(0, 10),
                span(2).under(1).kind(SpanKind.CLIENT).at(1, 9),
                span(2).under(1).kind(SpanKind.SERVER).at(2, 8),
                span(3).under(2).at(3, 4)))
        .containsExactly("1", ".2", "..2", "...3");
  }

  @Test
  void deepTracesNeedNoDeepStack() {
    var spans = new SpanBuilder[5_000];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = span(i + 1).under(i).at(i, 20_000 - i);
    }
    var analysis = TraceAnalysis.of(SpanBuilder.trace(spans));

    assertThat(analysis.tree().nodes().getLast().depth()).isEqualTo(4_999);
    assertThat(analysis.criticalPath()).hasSize(2 * 5_000 - 1);
  }

  @Test
  void aClockThatIsBehindIsCorrectedByTheLeastThatMakesSense() {
    var tree =
        TraceTree.of(
            SpanBuilder.trace(
                span(1).kind(SpanKind.CLIENT).host("a").at(100, 200),
                span(2).under(1).kind(SpanKind.SERVER).host("b").at(40, 90),
                span(3).under(2).host("b").at(50, 60)));

    assertThat(tree.nodes())
        .extracting(node -> node.skewNanos() / 1_000_000)
        .containsExactly(0L, 60L, 60L);
    assertThat(tree.nodes().get(1).startEpochNanos()).isEqualTo(tree.root().startEpochNanos());
  }

  @Test
  void aClockThatIsAheadIsCorrectedSoThatTheAnswerIsInTime() {
    var tree =
        TraceTree.of(
            SpanBuilder.trace(
                span(1).kind(SpanKind.CLIENT).host("a").at(0, 100),
                span(2).under(1).kind(SpanKind.SERVER).host("b").at(500, 550)));

    assertThat(tree.nodes().get(1).skewNanos()).isEqualTo(-450_000_000);
  }

  @Test
  void clocksWithinTheCallAndClocksOfOneHostAreBelieved() {
    var tree =
        TraceTree.of(
            SpanBuilder.trace(
                span(1).kind(SpanKind.CLIENT).host("a").at(0, 100),
                span(2).under(1).kind(SpanKind.SERVER).host("b").at(20, 80),
                span(3).under(1).host("a").at(500, 600)));

    assertThat(tree.nodes()).allMatch(node -> node.skewNanos() == 0);
  }

  @Test
  void aServerThatOutlivesAClientThatGaveUpIsBelieved() {
    var tree =
        TraceTree.of(
            SpanBuilder.trace(
                span(1).kind(SpanKind.CLIENT).host("a").at(0, 100).failed("timeout"),
                span(2).under(1).kind(SpanKind.SERVER).host("b").at(60, 150)));

    assertThat(tree.nodes().get(1).skewNanos()).isZero();
  }

  @Test
  void oneClockHasOneCorrectionForAllItsSpans() {
    var tree =
        TraceTree.of(
            SpanBuilder.trace(
                span(1).host("a").at(0, 1000),
                span(2).under(1).kind(SpanKind.CLIENT).host("a").at(100, 200),
                span(3).under(2).kind(SpanKind.SERVER).host("b").at(90, 150),
                span(4).under(1).kind(SpanKind.CLIENT).host("a").at(300, 400),
                span(5).under(4).kind(SpanKind.SERVER).host("b").at(285, 350)));

    assertThat(tree.nodes())
        .filteredOn(node -> node.span().resource().clock().equals("b"))
        .allMatch(node -> node.skewNanos() == 15_000_000);
  }

  @Test
  void correctionsGoFromHostToHost() {
    var tree =
        TraceTree.of(
            SpanBuilder.trace(
                span(1).host("a").at(100, 200),
                span(2).under(1).host("b").at(50, 60),
                span(3).under(2).host("c").at(40, 45)));

    assertThat(tree.nodes())
        .extracting(node -> node.skewNanos() / 1_000_000)
        .containsExactly(0L, 50L, 60L);
  }
}
