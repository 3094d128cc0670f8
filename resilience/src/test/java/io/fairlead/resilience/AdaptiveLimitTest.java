package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {
  private static final AdaptiveLimitSettings GRADIENT = AdaptiveLimitSettings.defaults();
  private static final AdaptiveLimitSettings AIMD =
      GRADIENT.withAlgorithm(new LimitAlgorithm.Aimd(0.9, Duration.ofMillis(100)));
  private static final long MILLI = 1_000_000;

  @Test
  void callAboveTheLimitIsRejected() {
    var limit = new AdaptiveLimit("bank", AdaptiveLimitSettings.fixed(2));
    long first = limit.tryAcquire();
    assertThat(first).isNotNegative();
    assertThat(limit.tryAcquire()).isNotNegative();
    assertThat(limit.tryAcquire()).isEqualTo(AdaptiveLimit.REJECTED);
    limit.ignore(first);
    assertThat(limit.tryAcquire()).isNotNegative();
    assertThat(limit.snapshot()).isEqualTo(new AdaptiveLimitSnapshot("bank", 2, 2, 1, 0, 0));
    assertThat(limit)
        .hasToString(
            "concurrency limit bank: 2 of 2 in flight, 1 rejected, 0 dropped, lowered 0 times");
  }

  @Test
  void gradientFindsTheCapacityOfTheServiceAndItsChanges() {
    long seed = System.nanoTime();
    System.out.println("gradient: seed " + seed);
    for (int workers : new int[] {5, 40, 200}) {
      var limit = new AdaptiveLimit("sim", GRADIENT);
      var service = new SimulatedService(limit, workers, 10 * MILLI, seed);
      service.serve(300_000);
      assertSettled(service, limit, workers, 10 * MILLI);
      service.workers = workers * 2;
      service.serve(300_000);
      assertSettled(service, limit, workers * 2, 10 * MILLI);
      service.workers = workers;
      service.serve(300_000);
      assertSettled(service, limit, workers, 10 * MILLI);
      // Slower workers are as many: the capacity in flight stays.
      service.serviceNanos = 40 * MILLI;
      service.serve(500_000);
      assertSettled(service, limit, workers, 40 * MILLI);
    }
  }

  /** Nearly all of the throughput, with less in the queue than at work; probes cost the rest. */
  private static void assertSettled(
      SimulatedService service, AdaptiveLimit limit, int workers, long serviceNanos) {
    service.highest = 0;
    service.lowest = Integer.MAX_VALUE;
    double rate = service.serve(50_000);
    String label = workers + " workers: " + limit + ", lowest " + service.lowest;
    assertThat(rate / (workers * 1e9 / serviceNanos))
        .as(label)
        .isBetween(workers < 10 ? 0.88 : 0.95, 1.05);
    assertThat(service.highest).as(label).isBetween(workers, 2 * workers + 8);
  }

  @Test
  void aimdSwingsBelowTheCapacityThatOverflows() {
    for (int places : new int[] {10, 60, 300}) {
      var limit = new AdaptiveLimit("sim", AIMD.withInitialLimit(20));
      var service = new SimulatedService(limit, places / 2, 10 * MILLI, 1);
      service.maxQueue = places / 2;
      service.serve(800_000);
      service.highest = 0;
      service.lowest = Integer.MAX_VALUE;
      double rate = service.serve(200_000);
      assertThat(service.highest).isBetween(places, places + 1);
      assertThat(service.lowest).isBetween((int) (places * 0.9) - 1, places);
      assertThat(rate / (places / 2 * 100)).isBetween(0.95, 1.05);
    }
  }

  @Test
  void aimdTakesLatencyAboveItsThresholdAsOverload() {
    var limit = new AdaptiveLimit("sim", AIMD);
    var service = new SimulatedService(limit, 10, 10 * MILLI, 1);
    service.serve(200_000);
    service.highest = 0;
    service.serve(100_000);
    // Ten workers answer 100 calls in flight in 100 ms.
    assertThat(service.highest).isBetween(80, 110);
    assertThat(limit.snapshot().timesLowered()).isPositive();
  }

  @Test
  void limitStaysWithinItsBoundsWhateverIsTold() {
    long seed = System.nanoTime();
    System.out.println("adaptive limit bounds: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      AdaptiveLimitSettings settings = randomSettings(random);
      var limit = new AdaptiveLimit("random", settings);
      List<Long> held = new ArrayList<>();
      for (int step = 0; step < 3_000; step++) {
        if (random.nextInt(500) == 0) {
          settings = randomSettings(random);
          limit.reconfigure(settings);
        }
        int before = limit.limit();
        int inFlight = limit.inFlight();
        if (random.nextInt(5) < 3) {
          long permit = limit.tryAcquire();
          assertThat(permit >= 0).as("seed %d", seed).isEqualTo(inFlight < before);
          if (permit >= 0) {
            held.add(permit);
          }
        } else if (!held.isEmpty()) {
          tellAnOutcome(limit, held.remove(random.nextInt(held.size())), random);
        }
        assertThat(limit.limit())
            .as("seed %d", seed)
            .isBetween(settings.minLimit(), settings.maxLimit());
        assertThat(limit.inFlight()).as("seed %d", seed).isEqualTo(held.size());
      }
    }
  }

  private static void tellAnOutcome(AdaptiveLimit limit, long permit, Random random) {
    switch (random.nextInt(8)) {
      case 0 -> limit.dropped(permit);
      case 1 -> limit.ignore(permit);
      case 2 -> limit.success(permit, 0);
      default -> limit.success(permit, random.nextLong(200 * MILLI));
    }
  }

  private static AdaptiveLimitSettings randomSettings(Random random) {
    int min = 1 + random.nextInt(20);
    int max = min + random.nextInt(50);
    int initial = min + random.nextInt(max - min + 1);
    LimitAlgorithm algorithm =
        random.nextBoolean()
            ? AIMD.algorithm()
            : new LimitAlgorithm.Gradient(
                0.5 + 0.4 * random.nextDouble(), 1.5, 4, random.nextDouble(0.1, 1), 12);
    return new AdaptiveLimitSettings(algorithm, initial, min, max);
  }

  @Test
  void limitThatIsHardlyUsedStays() {
    for (AdaptiveLimitSettings settings : List.of(GRADIENT, AIMD)) {
      var limit = new AdaptiveLimit("quiet", settings);
      for (int i = 0; i < 1_000; i++) {
        limit.success(limit.tryAcquire(), MILLI * (1 + i % 50));
        limit.dropped(limit.tryAcquire());
      }
      assertThat(limit.limit()).isEqualTo(20);
    }
  }

  @Test
  void manyDropsAtATimeLowerTheLimitOnce() {
    var limit = new AdaptiveLimit("bank", AIMD);
    List<Long> held = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      held.add(limit.tryAcquire());
    }
    held.subList(10, 20).forEach(limit::dropped);
    assertThat(limit.snapshot()).isEqualTo(new AdaptiveLimitSnapshot("bank", 18, 10, 0, 10, 1));
    limit.dropped(limit.tryAcquire());
    assertThat(limit.limit()).isEqualTo(16);
  }

  @Test
  void permitComesBackAfterEveryKindOfEnd() throws Exception {
    var limit = new AdaptiveLimit("bank", AdaptiveLimitSettings.fixed(1));
    assertThat(limit.<String>call(() -> "fine")).isEqualTo("fine");
    List<Throwable> failures =
        List.of(
            new StackOverflowError(), new InterruptedException(), new IllegalStateException("no"));
    for (Throwable failure : failures) {
      assertThatThrownBy(() -> limit.call(() -> sneaky(failure))).isSameAs(failure);
    }
    assertThat(limit.snapshot().droppedCalls()).isZero();
    var timeout = new IllegalStateException(new TimeoutException("late"));
    assertThatThrownBy(() -> limit.call(() -> sneaky(timeout))).isSameAs(timeout);
    assertThat(limit.snapshot()).isEqualTo(new AdaptiveLimitSnapshot("bank", 1, 0, 0, 1, 0));
  }

  @Test
  void rejectedCallIsNotMadeAndSaysWhy() {
    var limit = new AdaptiveLimit("bank", AdaptiveLimitSettings.fixed(1));
    limit.tryAcquire();
    assertThatThrownBy(() -> limit.call(() -> sneaky(new AssertionError("called"))))
        .isInstanceOfSatisfying(
            LimitExceededException.class,
            e -> {
              assertThat(e).hasMessage("concurrency limit bank is reached");
              assertThat(e.reason()).isEqualTo("concurrency-limit");
              assertThat(e.getStackTrace()).isEmpty();
            });
  }

  @Test
  void misuseIsRefused() {
    var limit = new AdaptiveLimit("bank", GRADIENT);
    long permit = limit.tryAcquire();
    limit.ignore(permit);
    assertThatIllegalStateException()
        .isThrownBy(() -> limit.ignore(permit))
        .withMessage("concurrency limit bank: told more outcomes than permits given");
    assertThatIllegalStateException().isThrownBy(() -> limit.dropped(permit));
    assertThatIllegalArgumentException().isThrownBy(() -> limit.success(-1, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GRADIENT.withInitialLimit(1_001))
        .withMessage("initialLimit: must be 1 to 1000, was 1001");
    assertThat(limit.inFlight()).isZero();
  }

  @Test
  void stormNeverHasMoreInFlightThanTheHighestLimitAndLosesNoPermit() throws Exception {
    for (AdaptiveLimitSettings settings : List.of(GRADIENT, AIMD)) {
      var limit = new AdaptiveLimit("storm", settings.withInitialLimit(2).withMaxLimit(3));
      var running = new AtomicInteger();
      var most = new AtomicInteger();
      Storm.of(
          6,
          thread -> {
            var random = new Random(thread);
            for (int i = 0; i < 50_000; i++) {
              long permit = limit.tryAcquire();
              if (permit >= 0) {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                running.decrementAndGet();
                tellAnOutcome(limit, permit, random);
              }
            }
            return null;
          });
      assertThat(most.get()).isBetween(1, 3);
      assertThat(limit.inFlight()).isZero();
      assertThat(limit.limit()).isBetween(1, 3);
    }
  }

  private static <T> T sneaky(Throwable failure) throws Exception {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (Exception) failure;
  }
}
