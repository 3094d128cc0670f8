package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceTableTest {
  @Test
  void tracesAreListedUnderAHeader() {
    var traces =
        List.of(
            TraceSummary.of(OrderTrace.failed()),
            TraceSummary.of(SpanBuilder.trace(span(1).trace(7).of("user", "GET /\u0007"))));

    assertThat(
            String.join(
                "\n",
                TraceTable.lines(
                    traces, new TraceTable.Settings(120, Palette.ASCII, ZoneOffset.UTC))))
        .isEqualTo(
            """
            STARTED                 TRACE                                T\
            IME SPANS ERRORS  REQUEST
            2026-11-01 12:00:00.000 0000000000000fa10000000000000ead   1.5\
            2 s     9      5  gateway POST /orders (+5 services)
            2026-11-01 12:00:00.000 0000000000000fa10000000000000007  10.0\
             ms     1      0  user GET /?""");
  }
}
