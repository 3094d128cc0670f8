package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TimeoutTest {
  private static final Duration SHORT = Duration.ofMillis(1);

  @Test
  void callThatIgnoresItsInterruptTimesOutWhenItReturns() {
    var timeout = new io.fairlead.resilience.Timeout("bank", SHORT);
    assertThatExceptionOfType(CallTimeoutException.class)
        .isThrownBy(
            () ->
                timeout.call(
                    () -> {
                      while (!Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                      }
                      return "as if nothing had happened";
                    }))
        .withNoCause();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(timeout.timedOutCalls()).isEqualTo(1);
  }

  @Test
  void errorOfALateCallComesOutAsItIs() {
    var timeout = new io.fairlead.resilience.Timeout("bank", SHORT);
    assertThatThrownBy(
            () ->
                timeout.call(
                    () -> {
                      awaitInterrupt();
                      throw new StackOverflowError();
                    }))
        .isInstanceOf(StackOverflowError.class);
  }

  @Test
  void innerTimeoutEndsTheInnerCallAlone() throws Exception {
    var outer = new io.fairlead.resilience.Timeout("outer", Duration.ofMinutes(1));
    var inner = new io.fairlead.resilience.Timeout("inner", SHORT);
    String answer =
        outer.call(
            () -> {
              assertThatThrownBy(
                      () ->
                          inner.call(
                              () -> {
                                new CountDownLatch(1).await();
                                return "never";
                              }))
                  .isInstanceOf(CallTimeoutException.class);
              return "outer goes on";
            });
    assertThat(answer).isEqualTo("outer goes on");
  }

  @Test
  void noInterruptReachesWhatAThreadDoesAfterItsCall() throws Exception {
    // Calls end all around their timeout, so that some end just when they are interrupted.
    var timeout = new io.fairlead.resilience.Timeout("race", Duration.ofMillis(2));
    var stray = new AtomicInteger();
    var late = new AtomicInteger();
    var inTime = new AtomicInteger();
    Storm.of(
        4,
        thread -> {
          var random = new Random(thread);
          for (int i = 0; i < 400; i++) {
            long nanos = random.nextLong(4_500_000);
            try {
              timeout.call(
                  () -> {
                    LockSupport.parkNanos(nanos);
                    return null;
                  });
              inTime.incrementAndGet();
            } catch (CallTimeoutException e) {
              late.incrementAndGet();
            }
            if (Thread.currentThread().isInterrupted()) {
              stray.incrementAndGet();
            }
          }
          return null;
        });
    assertThat(stray).hasValue(0);
    assertThat(late.get()).isPositive();
    assertThat(inTime.get()).isPositive();
  }

  @Test
  void moreCallsThanThereAreCellsAllEndInTimeOrAreInterrupted() throws Exception {
    var slow = new io.fairlead.resilience.Timeout("slow", Duration.ofMillis(200));
    var patient = new io.fairlead.resilience.Timeout("patient", Duration.ofMinutes(5));
    int calls = 2_000;
    var release = new CountDownLatch(1);
    var hanging = new CountDownLatch(1);
    var timedOut = new AtomicInteger();
    List<Future<?>> all = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < calls; i++) {
        all.add(
            threads.submit(
                () -> {
                  try {
                    return slow.call(
                        () -> {
                          hanging.await();
                          return "never";
                        });
                  } catch (CallTimeoutException e) {
                    return "late " + timedOut.incrementAndGet();
                  }
                }));
        all.add(
            threads.submit(
                () ->
                    patient.call(
                        () -> {
                          release.await();
                          return "in time";
                        })));
      }
      for (int i = 0; i < all.size(); i += 2) {
        all.get(i).get();
      }
      assertThat(timedOut).hasValue(calls);
      release.countDown();
      for (int i = 1; i < all.size(); i += 2) {
        assertThat(all.get(i).get()).isEqualTo("in time");
      }
    }
    assertThat(patient.timedOutCalls()).isZero();
  }

  @Test
  void shortTimeoutWorksAfterTheClockHasRested() throws Exception {
    var timeout = new io.fairlead.resilience.Timeout("again", SHORT);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () ->
                  timeout.call(
                      () -> {
                        awaitInterrupt();
                        return "late";
                      }))
          .isInstanceOf(CallTimeoutException.class);
      awaitRestOfTheClock();
    }
    assertThat(timeout.timedOutCalls()).isEqualTo(3);
  }

  private static void awaitRestOfTheClock() {
    org.awaitility.Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !CoarseClock.isTicking());
  }

  private static void awaitInterrupt() {
    while (!Thread.currentThread().isInterrupted()) {
      LockSupport.park();
    }
  }
}
