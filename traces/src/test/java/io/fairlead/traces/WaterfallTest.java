package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WaterfallTest {
  private static List<String> draw(Trace trace, int width, Palette palette, int maxSpans) {
    var settings = new Waterfall.Settings(width, palette, maxSpans);
    return Waterfall.draw(TraceAnalysis.of(trace), settings);
  }

  @Test
  void theOrderIsDrawnWithItsCriticalPathAndItsFailingSpan() throws IOException {
    try (var golden = WaterfallTest.class.getResourceAsStream("/order-waterfall.txt")) {
      var expected = new String(Objects.requireNonNull(golden).readAllBytes(), UTF_8);

      assertThat(String.join("\n", draw(OrderTrace.failed(), 100, Palette.ASCII, 100)) + "\n")
          .isEqualTo(expected);
    }
  }

  @Test
  void linesOfSpansAreExactlyAsWideAsAsked() {
    for (int width : new int[] {60, 80, 133, 200}) {
      assertThat(draw(OrderTrace.failed(), width, Palette.ASCII, 100).subList(1, 10))
          .allSatisfy(line -> assertThat(line).hasSize(width));
    }
  }

  @Test
  void coloursChangeNothingButColours() {
    var plain = draw(OrderTrace.failed(), 100, Palette.ASCII, 100);
    var coloured = draw(OrderTrace.failed(), 100, Palette.COLOUR, 100);

    assertThat(coloured).isNotEqualTo(plain);
    assertThat(coloured.stream().map(line -> line.replaceAll("\u001b\\[\\d*m", "")).toList())
        .isEqualTo(plain);
  }

  @Test
  void whenThereIsNotEnoughRoomWhatMattersIsShown() {
    var lines = draw(OrderTrace.failed(), 100, Palette.ASCII, 3);

    assertThat(lines.get(1)).contains("gateway");
    assertThat(lines).anyMatch(line -> line.startsWith("*!") && line.contains("bank"));
    assertThat(lines).contains("   ... and 6 more spans");
  }

  @Test
  void namesCannotSteerTheTerminal() {
    var evil =
        SpanBuilder.trace(span(1).of("a\u001b[2J", "b\r\nc\u202e").failed("\u001b]0;x\u0007"));

    assertThat(draw(evil, 100, Palette.ASCII, 10))
        .allSatisfy(line -> assertThat(line).matches("[\\x20-\\x7e]*"));
  }

  @Test
  void aShortSpanIsStillSeen() {
    var lines =
        draw(
            SpanBuilder.trace(span(1).at(0, 1_000_000), span(2).under(1).at(999_999, 1_000_000)),
            100,
            Palette.ASCII,
            10);

    assertThat(lines.get(2)).contains("=|");
  }

  @Test
  void aLineNeedsSomeWidth() {
    assertThatThrownBy(() -> new Waterfall.Settings(59, Palette.ASCII, 1))
        .hasMessage("width: must be at least 60, was 59");
  }
}
