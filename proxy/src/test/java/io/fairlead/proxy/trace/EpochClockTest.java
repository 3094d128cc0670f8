package io.fairlead.proxy.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EpochClockTest {
  private static final long ORIGIN = 5_000_000_000L;
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

  private final AtomicLong passed = new AtomicLong();
  private final AtomicLong stepped = new AtomicLong();
  private final AtomicLong pauseOnce = new AtomicLong();

  /** The pause, if there is one, comes after the reading was taken. */
  private Instant wall() {
    Instant now = START.plusNanos(passed.get() + stepped.get());
    passed.addAndGet(pauseOnce.getAndSet(0));
    return now;
  }

  private EpochClock clock() {
    return new EpochClock(() -> ORIGIN + passed.get(), this::wall);
  }

  private static long epochNanos(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }

  @Test
  void readingIsTimeSince1970() {
    EpochClock clock = clock();
    assertThat(clock.epochNanos(ORIGIN)).isEqualTo(epochNanos(START));
    assertThat(clock.epochNanos(ORIGIN + 7)).isEqualTo(epochNanos(START) + 7);
  }

  @Test
  void pauseWhileTheClocksAreComparedDoesNotShiftSpans() {
    pauseOnce.set(Duration.ofMillis(8).toNanos());
    assertThat(clock().epochNanos(ORIGIN)).isEqualTo(epochNanos(START));
  }

  @Test
  void smallDriftIsNotFollowedSoThatSpansStayInOrder() {
    EpochClock clock = clock();
    stepped.set(Duration.ofMillis(10).negated().toNanos());
    clock.follow();
    assertThat(clock.epochNanos(ORIGIN)).isEqualTo(epochNanos(START));
  }

  @Test
  void wallClockThatWasSetIsFollowed() {
    EpochClock clock = clock();
    stepped.set(Duration.ofHours(1).toNanos());
    clock.follow();
    assertThat(clock.epochNanos(ORIGIN)).isEqualTo(epochNanos(START.plus(Duration.ofHours(1))));
  }
}
