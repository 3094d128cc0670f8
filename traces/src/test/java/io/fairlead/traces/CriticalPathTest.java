package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.EPOCH_NANOS;
import static io.fairlead.traces.SpanBuilder.span;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CriticalPathTest {
  private static List<String> path(SpanBuilder... spans) {
    return CriticalPath.of(TraceTree.of(SpanBuilder.trace(spans))).stream()
        .map(
            s ->
                s.span().spanId()
                    + ":"
                    + millis(s.startEpochNanos())
                    + "-"
                    + millis(s.endEpochNanos()))
        .toList();
  }

  private static long millis(long epochNanos) {
    return (epochNanos - EPOCH_NANOS) / 1_000_000;
  }

  @Test
  void aLoneSpanIsItsOwnPath() {
    assertThat(path(span(1).at(0, 10))).containsExactly("1:0-10");
  }

  @Test
  void callsOneAfterTheOtherAreAllOnThePath() {
    assertThat(path(span(1).at(0, 100), span(2).under(1).at(10, 40), span(3).under(1).at(50, 90)))
        .containsExactly("1:0-10", "2:10-40", "1:40-50", "3:50-90", "1:90-100");
  }

  @Test
  void ofCallsSideBySideOnlyTheLastToEndIsOnThePath() {
    assertThat(path(span(1).at(0, 100), span(2).under(1).at(10, 60), span(3).under(1).at(10, 90)))
        .containsExactly("1:0-10", "3:10-90", "1:90-100");
  }

  @Test
  void aCallThatEndsBeforeTheNextStartsIsOnThePathThoughAnotherRuns() {
    assertThat(
            path(
                span(1).at(0, 100),
                span(2).under(1).at(0, 30),
                span(3).under(1).at(10, 70),
                span(4).under(1).at(40, 100)))
        .containsExactly("2:0-30", "1:30-40", "4:40-100");
  }

  @Test
  void thePathGoesDownThroughServices() {
    assertThat(path(span(1).at(0, 100), span(2).under(1).at(10, 90), span(3).under(2).at(20, 80)))
        .containsExactly("1:0-10", "2:10-20", "3:20-80", "2:80-90", "1:90-100");
  }

  @Test
  void aServerThatOutlivesItsClientIsCutAtTheClientsEnd() {
    assertThat(path(span(1).at(0, 50), span(2).under(1).at(10, 500), span(3).under(2).at(40, 400)))
        .containsExactly("1:0-10", "2:10-40", "3:40-50");
  }

  @Test
  void nobodyWaitsForTheConsumerOfAMessage() {
    assertThat(
            path(
                span(1).at(0, 50),
                span(2).under(1).kind(SpanKind.PRODUCER).at(10, 20),
                span(3).under(2).kind(SpanKind.CONSUMER).at(15, 500)))
        .containsExactly("1:0-10", "2:10-20", "1:20-50");
  }

  @Test
  void spansOutsideTheirParentsTimeAreNotWaitedFor() {
    assertThat(path(span(1).at(0, 50), span(2).under(1).at(60, 90), span(3).under(1).at(50, 50)))
        .containsExactly("1:0-50");
  }

  @Test
  void aRootWithoutDurationHasNoPathAndIsStillAnalysed() {
    assertThat(path(span(1).at(5, 5), span(2).under(1).at(0, 50))).isEmpty();
    assertThat(TraceAnalysis.of(SpanBuilder.trace(span(1).at(5, 5))).findings())
        .containsExactly(
            "Bottleneck: order, work: 0 ns (100 %) of the request; it works there itself.");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void segmentsFollowEachOtherAndSumToTheRequest(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 400; round++) {
      var trace = randomTrace(random);
      var tree = TraceTree.of(trace);
      long at = tree.root().startEpochNanos();
      for (var segment : CriticalPath.of(tree)) {
        assertThat(segment.startEpochNanos()).as("seed %d round %d", seed, round).isEqualTo(at);
        assertThat(segment.durationNanos()).isPositive();
        at = segment.endEpochNanos();
        assertWithin(tree, segment);
      }
      assertThat(at).isEqualTo(tree.root().endEpochNanos());
      var drawn = new Waterfall.Settings(60 + random.nextInt(100), Palette.ASCII, 20);
      assertThat(Waterfall.draw(TraceAnalysis.of(trace), drawn)).isNotEmpty();
    }
  }

  private static void assertWithin(TraceTree tree, CriticalPath.Segment segment) {
    var node =
        tree.nodes().stream().filter(n -> n.span() == segment.span()).findFirst().orElseThrow();
    assertThat(segment.startEpochNanos()).isGreaterThanOrEqualTo(node.startEpochNanos());
    assertThat(segment.endEpochNanos()).isLessThanOrEqualTo(node.endEpochNanos());
  }

  /** Any tree: missing parents, circles, clocks apart, children before and after their parents. */
  private static Trace randomTrace(Random random) {
    var spans = new ArrayList<Span>();
    int size = 1 + random.nextInt(25);
    for (int id = 1; id <= size; id++) {
      int start = random.nextInt(1000);
      var span =
          span(id)
              .of("s" + random.nextInt(4), "op" + random.nextInt(3))
              .host("h" + random.nextInt(3))
              .kind(SpanKind.values()[random.nextInt(6)])
              .at(start, start + random.nextInt(random.nextInt(500) + 1));
      if (id > 1) {
        span.under(random.nextInt(10) == 0 ? random.nextInt(99) : 1 + random.nextInt(size));
      }
      spans.add((random.nextInt(4) == 0 ? span.failed("no") : span).build());
    }
    return new Trace(spans.getFirst().traceId(), spans);
  }
}
