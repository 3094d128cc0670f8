package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineTest {
  private static final Ticker CLOCK = Ticker.system();

  @Test
  void deadlinePassesWhenItsTimeIsOver() {
    var ticker = new ManualTicker();
    Deadline deadline = Deadline.after(Duration.ofSeconds(2), ticker);
    ticker.advance(Duration.ofSeconds(1));
    assertThat(deadline.remainingNanos(ticker)).isEqualTo(1_000_000_000);
    assertThat(deadline.passed(ticker)).isFalse();
    ticker.advance(Duration.ofSeconds(1));
    assertThat(deadline.passed(ticker)).isTrue();
  }

  @Test
  void earlierOfTwoIsTheOneThatComesFirstAlsoAcrossTheOverflow() {
    var before = new Deadline(Long.MAX_VALUE - 1);
    var after = new Deadline(Long.MIN_VALUE + 1);
    assertThat(before.earlier(after)).isSameAs(before);
    assertThat(after.earlier(before)).isSameAs(before);
  }

  @Test
  void callHasTheEarlierOfItsOwnAndTheDeadlineOfTheThread() throws Exception {
    Deadline soon = Deadline.after(Duration.ofMinutes(1));
    Deadline late = Deadline.after(Duration.ofHours(1));
    Deadline seen = soon.call(() -> late.call(() -> Deadline.current().orElseThrow()));
    assertThat(seen).isEqualTo(soon);
    assertThat(Deadline.current()).isEmpty();
  }

  @Test
  void carriedCallHasTheDeadlineOnAnotherThread() throws Exception {
    Deadline soon = Deadline.after(Duration.ofMinutes(1));
    Callable<Deadline> carried =
        soon.call(() -> Deadline.carry(() -> Deadline.current().orElseThrow()));
    var task = new FutureTask<>(carried);
    Thread.ofVirtual().start(task);
    assertThat(task.get()).isEqualTo(soon);
  }

  @Test
  void grpcTimeoutSurvivesTheWay() {
    for (Duration left :
        new Duration[] {
          Duration.ofNanos(500), Duration.ofMillis(3), Duration.ofSeconds(100), Duration.ofDays(20)
        }) {
      Deadline sent = Deadline.after(left);
      String field = sent.toGrpcTimeout();
      assertThat(field).matches("[0-9]{1,8}[numS]");
      long received = Deadline.ofGrpcTimeout(field).remainingNanos(CLOCK);
      assertThat(received).isLessThanOrEqualTo(left.toNanos());
    }
    assertThat(Deadline.ofGrpcTimeout("2H").remainingNanos(CLOCK))
        .isGreaterThan(Duration.ofMinutes(119).toNanos());
    assertThat(new Deadline(CLOCK.nanos() - 1).toGrpcTimeout()).isEqualTo("0n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "S", "123456789S", "1s", "-1S", "+1S", "1.5S", " 1S", "１S"})
  void brokenGrpcTimeoutIsRefused(String field) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Deadline.ofGrpcTimeout(field))
        .withMessage("grpc-timeout: must be 1 to 8 digits and one of H M S m u n, was " + field);
  }

  @Test
  void envoyTimeoutSurvivesTheWayAndBrokenOnesAreRefused() {
    Deadline sent = Deadline.after(Duration.ofSeconds(10));
    assertThat(Long.parseLong(sent.toEnvoyTimeout())).isBetween(0L, 10_000L);
    assertThat(Deadline.ofEnvoyTimeout("250").remainingNanos(CLOCK))
        .isLessThanOrEqualTo(Duration.ofMillis(250).toNanos());
    assertThat(Deadline.ofEnvoyTimeout(String.valueOf(Long.MAX_VALUE)).passed(CLOCK)).isFalse();
    for (String field : new String[] {"", "-1", "1s", "99999999999999999999"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Deadline.ofEnvoyTimeout(field))
          .withMessageEndingWith("must be milliseconds of 0 or above, was " + field);
    }
  }
}
