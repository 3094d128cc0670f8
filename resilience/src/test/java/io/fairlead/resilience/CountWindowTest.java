package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountWindowTest {
  private static final CircuitRules RULES =
      new CircuitRules(
          CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(2), Ticker.system());

  private static final long CALL = 1L << 40;
  private static final long FAILURE = 1L << 20;
  private static final long SLOW = 1;

  @Test
  void sumBelowZeroIsNotJudged() {
    assertThat(CountWindow.exceeded(4 * CALL + 2 * FAILURE, RULES)).isTrue();
    assertThat(CountWindow.exceeded(4 * CALL - FAILURE, RULES)).isFalse();
    assertThat(CountWindow.exceeded(4 * CALL + 2 * FAILURE - SLOW, RULES)).isFalse();
  }

  @Test
  void resizedWindowKeepsTheNewestOutcomes() {
    var window = new CountWindow(4);
    for (int i = 0; i < 6; i++) {
      window.add(i < 4 ? CircuitWindow.CALL : CircuitWindow.CALL | CircuitWindow.FAILED, RULES);
    }
    CircuitBreakerSettings settings = CircuitBreakerSettings.defaults();
    CircuitWindow smaller = window.resized(settings.withSlidingWindowSize(3), Ticker.system());
    assertThat(smaller.outcomes()).isEqualTo(new Outcomes(3, 2, 0));
    smaller.add(CircuitWindow.CALL, RULES);
    assertThat(smaller.outcomes()).isEqualTo(new Outcomes(3, 2, 0));
    smaller.add(CircuitWindow.CALL, RULES);
    assertThat(smaller.outcomes()).isEqualTo(new Outcomes(3, 1, 0));
  }
}
