package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  private final ManualTicker ticker = new ManualTicker();

  @Test
  void deadlinePassesWhenItsTimeHasCome() {
    Deadline deadline = Deadline.after(Duration.ofSeconds(2), ticker);
    ticker.advance(Duration.ofSeconds(2).minusNanos(1));
    assertThat(deadline.remainingNanos(ticker)).isEqualTo(1);
    assertThat(deadline.passed(ticker)).isFalse();
    ticker.advanceNanos(1);
    assertThat(deadline.passed(ticker)).isTrue();
  }

  @Test
  void earlierOfTwoIsRightAlsoWhereTheClockOverflows() {
    Deadline before = Deadline.after(Duration.ZERO, ticker);
    Deadline after = Deadline.after(Duration.ofSeconds(1), ticker);
    assertThat(after.atNanos()).isNegative();
    assertThat(before.earlier(after)).isSameAs(before);
    assertThat(after.earlier(before)).isSameAs(before);
  }
}
