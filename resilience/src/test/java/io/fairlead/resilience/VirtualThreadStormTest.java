package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hundred thousand calls at the same time through all policies lose nothing. */
@Timeout(180)
class VirtualThreadStormTest {
  private static final int CALLS = 100_000;
  private static final int PLACES = 200;

  /** For every call its stack and what it holds; more than twice of what it needs. */
  private static final long MOST_BYTES_PER_CALL = 8_000;

  private final Ended ended = new Ended();
  private final AtomicReference<@Nullable Exception> unexpected = new AtomicReference<>();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger mostRunning = new AtomicInteger();
  private final AtomicInteger mostWaiting = new AtomicInteger();
  private final Bulkhead bulkhead =
      new Bulkhead(
          "storm",
          BulkheadSettings.defaults()
              .withMaxConcurrentCalls(PLACES)
              .withMaxWait(Duration.ofMinutes(5))
              .withMaxWaitingCalls(CALLS));

  /** Waiting for a place is part of what the breaker measures, so none of it may be slow here. */
  private final CircuitBreaker breaker =
      new CircuitBreaker(
          "storm",
          CircuitBreakerSettings.defaults()
              .withFailureRateThreshold(100)
              .withSlowCallDurationThreshold(Duration.ofHours(1)));

  private final RateLimiter limiter =
      new RateLimiter("storm", new RateLimitSettings(CALLS, Duration.ofDays(1)), () -> 0);
  private final io.fairlead.resilience.Timeout timeout =
      new io.fairlead.resilience.Timeout("storm", Duration.ofMillis(200));
  private final Retry retry =
      new Retry(
          "storm",
          RetrySettings.defaults()
              .withMaxRetries(2)
              .withInitialDelay(Duration.ofMillis(1))
              .withBudget(Optional.empty()));

  /** How the calls ended and how often the work was done. */
  private static final class Ended {
    final LongAdder tries = new LongAdder();
    final LongAdder well = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder late = new LongAdder();
    final LongAdder limited = new LongAdder();

    long all() {
      return well.sum() + failed.sum() + late.sum() + limited.sum();
    }
  }

  @Test
  void everyCallEndsInOneWayAndEveryPlaceIsFree() throws Exception {
    Pipeline<String> pipeline =
        Pipeline.<String>named("storm")
            .retry(retry)
            .rateLimit(limiter)
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .timeout(timeout)
            // The first calls may be late together, while all the others are being started.
            .ignoreWhen(failure -> failure instanceof CallTimeoutException)
            .build();
    for (int i = 0; i < 100; i++) {
      // Failures come back before anything else, and ten of them in a row would open it.
      breaker.success(breaker.tryAcquire(), 0);
    }
    storm(pipeline);
    // Carriers are at most 256 by default, so those that wait cannot all have held one.
    assertThat(mostWaiting.get()).isGreaterThan(1_000);
    assertThat(unexpected).hasValue(null);
    assertThat(ended.all()).isEqualTo(CALLS);
    assertThat(ended.well.sum()).isPositive();
    assertThat(ended.failed.sum() + ended.limited.sum()).isPositive();
    assertThat(timeout.timedOutCalls()).isPositive();
    assertThat(timeout.timedOutCalls()).isGreaterThanOrEqualTo(ended.late.sum());
    // Every try took of the rate limit or was refused by it, and every one allowed was made.
    assertThat(ended.tries.sum()).isEqualTo(CALLS - limiter.available());
    assertThat(ended.tries.sum() + ended.limited.sum()).isEqualTo(CALLS + retry.retries());
    assertThat(mostRunning.get()).isBetween(2, PLACES);
    assertThat(running).hasValue(0);
    assertThat(bulkhead.isAtRest()).isTrue();
    assertThat(bulkhead.snapshot().rejectedCalls()).isZero();
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    assertThat(breaker.snapshot().calls()).isEqualTo(100);
    assertThat(RunningCalls.late(Thread.currentThread())).isZero();
  }

  private void storm(Pipeline<String> pipeline) throws InterruptedException {
    long before = usedBytes();
    var start = new CountDownLatch(1);
    var done = new CountDownLatch(CALLS);
    for (int i = 0; i < CALLS; i++) {
      int number = i;
      Thread.startVirtualThread(
          () -> {
            try {
              start.await();
              call(pipeline, number);
            } catch (InterruptedException e) {
              unexpected.set(e);
            } finally {
              done.countDown();
            }
          });
    }
    start.countDown();
    assertThat(done.await(150, TimeUnit.SECONDS)).isTrue();
    assertThat(usedBytes() - before).isLessThan(CALLS * MOST_BYTES_PER_CALL);
  }

  private void call(Pipeline<String> pipeline, int number) {
    var tries = new AtomicInteger();
    try {
      String answer = pipeline.call(() -> work(number, tries.incrementAndGet()));
      assertThat(answer).isEqualTo("paid");
      ended.well.increment();
    } catch (ConnectException e) {
      ended.failed.increment();
    } catch (CallTimeoutException e) {
      ended.late.increment();
    } catch (RateLimitedException e) {
      ended.limited.increment();
    } catch (Exception e) {
      unexpected.set(e);
    }
  }

  /** One in fifty fails at first, one in two hundred always, one in a thousand never ends. */
  private String work(int number, int tries) throws Exception {
    ended.tries.increment();
    mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
    if (number % 100 == 0) {
      mostWaiting.accumulateAndGet(bulkhead.snapshot().waiting(), Math::max);
    }
    try {
      if (number % 1_000 == 7) {
        new CountDownLatch(1).await();
      }
      if (number % 200 == 11 || number % 50 == 13 && tries == 1) {
        throw new ConnectException();
      }
      LockSupport.parkNanos(100_000);
      return "paid";
    } finally {
      running.decrementAndGet();
    }
  }

  private static long usedBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
