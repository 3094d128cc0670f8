package io.fairlead.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.upstream.OutlierStats.Detector;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.OutlierDetection;
import io.fairlead.traffic.OutlierDetection.Consecutive;
import io.fairlead.traffic.OutlierDetection.Ejection;
import io.fairlead.traffic.OutlierDetection.FailurePercentage;
import io.fairlead.traffic.OutlierDetection.SuccessRate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutlierDetectorTest {
  private static final Consecutive NEVER = new Consecutive(5, 0);
  private static final SuccessRate NO_RATE = new SuccessRate(5, 100, 1900, 0);
  private static final FailurePercentage NO_PERCENTAGE = new FailurePercentage(85, 5, 50, 0);
  private static final Ejection EJECTION =
      new Ejection(Duration.ofHours(1), Duration.ofSeconds(30), Duration.ofSeconds(100), 50);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000_000);
  private final Loops loops = new Loops(2, now::get, Http1Limits.defaults());
  private final AtomicInteger published = new AtomicInteger();
  private final OutlierDetector detector =
      new OutlierDetector(this, loops.all().getFirst(), published::incrementAndGet);
  private List<EndpointState> states = List.of();

  @AfterEach
  void stop() {
    loops.close();
  }

  private void detect(OutlierDetection settings, int endpoints) {
    List<EndpointState> made = new ArrayList<>();
    for (int i = 0; i < endpoints; i++) {
      var key = new EndpointState.Key("e" + i, new HostPort("10.0.0.1", 1 + i));
      made.add(new EndpointState(key, 2, EndpointState.Check.NONE, now.get()));
    }
    states = made;
    detector.configure(settings, states, now.get());
  }

  private static OutlierDetection inARow(Consecutive any, Consecutive gateway, Ejection ejection) {
    return new OutlierDetection(any, gateway, NO_RATE, NO_PERCENTAGE, ejection);
  }

  private void answer(int endpoint, int status, int times) {
    for (int i = 0; i < times; i++) {
      Loop loop = loops.all().get(i % 2);
      detector.outcome(states.get(endpoint), loop, status);
    }
  }

  private List<Boolean> ejected() {
    return states.stream().map(EndpointState::isEjected).toList();
  }

  private void sweepAfter(Duration time) {
    detector.sweep(now.addAndGet(time.toNanos()));
  }

  @Test
  void failuresInARowEjectWhicheverLoopsSawThem() {
    detect(OutlierDetection.defaults(), 3);
    answer(1, 500, 4);
    assertThat(ejected()).containsExactly(false, false, false);
    answer(1, 503, 1);
    assertThat(ejected()).containsExactly(false, true, false);
    assertThat(published).hasValue(1);
    assertThat(detector.stats().ejections()).containsEntry(Detector.CONSECUTIVE_5XX, 1L);
  }

  @Test
  void aSuccessBeginsANewRow() {
    detect(OutlierDetection.defaults(), 3);
    for (int i = 0; i < 10; i++) {
      answer(0, 500, 4);
      answer(0, 404, 1);
    }
    assertThat(ejected()).containsOnly(false);
  }

  @Test
  void gatewayFailuresAreActedOnOnlyWhereThatIsWanted() {
    detect(inARow(NEVER, new Consecutive(2, 100), EJECTION), 4);
    answer(0, 500, 9);
    answer(1, 502, 1);
    answer(1, 500, 1);
    answer(1, 504, 1);
    answer(2, 504, 2);
    assertThat(ejected()).containsExactly(false, false, true, false);
    detect(inARow(NEVER, NEVER, EJECTION), 2);
    answer(0, 503, 50);
    assertThat(ejected()).containsOnly(false);
  }

  @Test
  void oneMayAlwaysGoAndFurtherOnesUpToThePercentage() {
    detect(OutlierDetection.defaults(), 5);
    answer(0, 500, 5);
    answer(1, 500, 5);
    assertThat(ejected()).containsExactly(true, false, false, false, false);
    assertThat(detector.stats().overflow()).isEqualTo(1);
    detect(inARow(new Consecutive(1, 100), NEVER, EJECTION), 5);
    for (int i = 0; i < 5; i++) {
      answer(i, 500, 1);
    }
    assertThat(detector.stats().active()).isEqualTo(2);
  }

  @Test
  void eachEjectionInARowIsLongerUpToABound() {
    detect(inARow(new Consecutive(1, 100), NEVER, EJECTION), 2);
    for (long seconds : new long[] {30, 60, 90, 100, 100}) {
      answer(0, 500, 1);
      assertThat(states.getFirst().isEjected()).isTrue();
      sweepAfter(Duration.ofSeconds(seconds).minusNanos(1));
      assertThat(states.getFirst().isEjected()).as("just before %d s", seconds).isTrue();
      sweepAfter(Duration.ofNanos(1));
      assertThat(states.getFirst().isEjected()).as("after %d s", seconds).isFalse();
      assertThat(states.getFirst().usableSinceNanos()).isEqualTo(now.get());
    }
    // Quiet intervals make up for it.
    for (int i = 0; i < 9; i++) {
      sweepAfter(Duration.ofSeconds(1));
    }
    answer(0, 500, 1);
    sweepAfter(Duration.ofSeconds(30));
    assertThat(states.getFirst().isEjected()).isFalse();
  }

  @Test
  void aSuccessRateFarBelowTheOthersEjects() {
    var rate = new SuccessRate(5, 100, 1900, 100);
    detect(new OutlierDetection(NEVER, NEVER, rate, NO_PERCENTAGE, EJECTION), 7);
    for (int i = 0; i < 6; i++) {
      answer(i, 200, i == 2 ? 80 : 99);
      answer(i, 500, i == 2 ? 20 : 1);
    }
    // Too few requests to be compared.
    answer(6, 500, 99);
    sweepAfter(Duration.ofSeconds(1));
    assertThat(ejected()).containsExactly(false, false, true, false, false, false, false);
    assertThat(detector.stats().ejections()).containsEntry(Detector.SUCCESS_RATE, 1L);
    // Each interval counts for itself.
    answer(2, 200, 100);
    sweepAfter(Duration.ofSeconds(30));
    assertThat(ejected()).containsOnly(false);
  }

  @Test
  void aPercentageOfFailuresEjects() {
    var percentage = new FailurePercentage(40, 3, 10, 100);
    detect(new OutlierDetection(NEVER, NEVER, NO_RATE, percentage, EJECTION), 3);
    answer(0, 500, 10);
    answer(1, 200, 10);
    answer(2, 200, 9);
    sweepAfter(Duration.ofSeconds(1));
    assertThat(ejected()).as("only two have enough requests").containsOnly(false);
    for (int i = 0; i < 3; i++) {
      answer(i, 200, i == 0 ? 6 : 7);
      answer(i, 500, i == 0 ? 4 : 3);
    }
    sweepAfter(Duration.ofSeconds(1));
    assertThat(ejected()).containsExactly(true, false, false);
  }

  @Test
  void outcomesOfLoopsThatTellAtTheSameTimeAddUp() throws InterruptedException {
    var rate = new SuccessRate(1, 1, 1900, 100);
    detect(new OutlierDetection(NEVER, NEVER, rate, NO_PERCENTAGE, EJECTION), 1);
    List<Thread> threads = new ArrayList<>();
    for (Loop loop : loops.all()) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 100_000; i++) {
                      detector.outcome(states.getFirst(), loop, i % 4 == 0 ? 500 : 200);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    var window = states.getFirst().look();
    assertThat(window.requests()).isEqualTo(200_000);
    assertThat(window.failures()).isEqualTo(50_000);
    assertThat(states.getFirst().look().requests()).isZero();
  }

  @Test
  void ofManyLoopsThatReachTheThresholdOneEjects() throws InterruptedException {
    detect(inARow(new Consecutive(5, 100), NEVER, EJECTION), 4);
    List<Thread> threads = new ArrayList<>();
    for (Loop loop : loops.all()) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 40_000; i++) {
                      detector.outcome(states.get(i % 4), loop, 500);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    // Half of them may be out; each went once, and what was too much was counted.
    assertThat(detector.stats().active()).isEqualTo(2);
    assertThat(detector.stats().ejections()).containsEntry(Detector.CONSECUTIVE_5XX, 2L);
    assertThat(detector.stats().overflow()).isPositive();
    assertThat(published).hasValue(2);
  }

  @Test
  void withoutSettingsAllComeBack() {
    detect(OutlierDetection.defaults(), 2);
    answer(0, 500, 5);
    detector.configure(null, states, now.get());
    assertThat(ejected()).containsOnly(false);
    answer(0, 500, 50);
    assertThat(ejected()).containsOnly(false);
  }

  @Test
  void whateverHappensTheBoundsHold() {
    var random = new SplittableRandom(20);
    var ejection =
        new Ejection(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(9), 30);
    var rate = new SuccessRate(2, 5, 500, 50);
    var settings =
        new OutlierDetection(
            new Consecutive(3, 70), new Consecutive(2, 30), rate, NO_PERCENTAGE, ejection);
    detect(settings, 10);
    long[] outSince = new long[10];
    for (int round = 0; round < 20_000; round++) {
      int endpoint = random.nextInt(10);
      int[] statuses = {200, 404, 500, 502};
      answer(endpoint, statuses[random.nextInt(endpoint < 4 ? 4 : 3)], 1 + random.nextInt(4));
      if (random.nextInt(20) == 0) {
        sweepAfter(Duration.ofMillis(random.nextInt(1_500)));
      }
      int out = 0;
      for (int i = 0; i < 10; i++) {
        boolean ejected = states.get(i).isEjected();
        outSince[i] = ejected ? outSince[i] == 0 ? now.get() : outSince[i] : 0;
        out += ejected ? 1 : 0;
        long longest = Duration.ofMillis(9_000 + 1_500).toNanos();
        assertThat(ejected ? now.get() - outSince[i] : 0).isLessThanOrEqualTo(longest);
      }
      assertThat(out).isLessThanOrEqualTo(3).isEqualTo(detector.stats().active());
    }
    assertThat(detector.stats().ejections().values()).filteredOn(n -> n > 0).hasSize(3);
    assertThat(detector.stats().overflow()).isPositive();
  }
}
