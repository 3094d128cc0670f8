package io.fairlead.traces;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationTextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 ns",
    "999, 999 ns",
    "1000, 1.00 us",
    "9994, 9.99 us",
    "9996, 10.0 us",
    "999499, 999 us",
    "999500, 1.00 ms",
    "12345678, 12.3 ms",
    "999499999, 999 ms",
    "999500000, 1.00 s",
    "1520000000, 1.52 s",
    "119999000000, 120 s",
    "120000000000, 2 m 00 s",
    "3725000000000, 62 m 05 s",
    "7260000000000, 2 h 01 m"
  })
  void durationsAreShortForReaders(long nanos, String text) {
    assertThat(DurationText.of(nanos)).isEqualTo(text);
  }

  @Test
  void durationsAreReadWithTheirUnit() {
    assertThat(DurationText.parse("250us")).contains(Duration.ofNanos(250_000));
    assertThat(DurationText.parse("500ms")).contains(Duration.ofMillis(500));
    assertThat(DurationText.parse("1.5s")).contains(Duration.ofMillis(1500));
    assertThat(DurationText.parse("10m")).contains(Duration.ofMinutes(10));
    assertThat(DurationText.parse("2h")).contains(Duration.ofHours(2));
    assertThat(DurationText.parse("7d")).contains(Duration.ofDays(7));
    assertThat(DurationText.parse("999999999d")).contains(TraceQuery.ANY_DURATION);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "ms", "-1s", "1 s", "1e3s", "1.s", "9999999999s"})
  void whatIsNoDurationIsRefused(String text) {
    assertThat(DurationText.parse(text)).isEmpty();
  }
}
