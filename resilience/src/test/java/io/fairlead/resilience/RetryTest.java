package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

class RetryTest {
  private static final long MILLI = 1_000_000;

  private final ManualTicker ticker = new ManualTicker();
  private final List<Long> slept = new ArrayList<>();

  @Test
  void waitsAreTheDelayPlusUpToHalfOfIt() {
    long seed = System.nanoTime();
    System.out.println("retry waits: seed " + seed);
    var random = new Random(seed);
    Retry retry = retry(RetrySettings.defaults(), random::nextDouble);
    long[] delays = {100, 200, 400, 800, 1_600};
    for (int retriesMade = 0; retriesMade < delays.length; retriesMade++) {
      long delay = delays[retriesMade] * MILLI;
      long least = Long.MAX_VALUE;
      long most = 0;
      for (int i = 0; i < 10_000; i++) {
        ticker.advance(Duration.ofSeconds(10)); // a fresh budget
        long wait = retry.nextWait(retriesMade, RetryOn.RESET);
        assertThat(wait).isBetween(delay, delay + delay / 2);
        least = Math.min(least, wait);
        most = Math.max(most, wait);
      }
      // The whole range is used: 10,000 draws come within 1 % of both ends.
      assertThat(least).isLessThan(delay + delay / 200);
      assertThat(most).isGreaterThan(delay + delay / 2 - delay / 200);
    }
  }

  @Test
  void delayBeforeJitterStopsGrowingAtItsMaximum() {
    RetrySettings settings = RetrySettings.defaults().withMaxRetries(9);
    Retry least = retry(settings, () -> 0);
    Retry most = retry(settings, () -> Math.nextDown(1.0));
    assertThat(least.nextWait(6, RetryOn.RESET)).isEqualTo(6_400 * MILLI);
    assertThat(least.nextWait(7, RetryOn.RESET)).isEqualTo(10_000 * MILLI);
    assertThat(least.nextWait(8, RetryOn.RESET)).isEqualTo(10_000 * MILLI);
    assertThat(most.nextWait(8, RetryOn.RESET)).isEqualTo(14_999_999_999L);
  }

  @Test
  void fiveRetriesAndNotOneMore() {
    Retry retry = retry(RetrySettings.defaults(), () -> 0);
    assertThat(retry.nextWait(4, RetryOn.RESET)).isEqualTo(1_600 * MILLI);
    assertThat(retry.nextWait(5, RetryOn.RESET)).isEqualTo(Retry.STOP);
  }

  @Test
  void noStatusFrom400To499IsRetriedUnlessAConditionNamesIt() {
    Set<RetryOn> unnamed = EnumSet.allOf(RetryOn.class);
    unnamed.removeAll(
        EnumSet.of(RetryOn.REQUEST_TIMEOUT, RetryOn.TOO_EARLY, RetryOn.TOO_MANY_REQUESTS));
    Retry retry = retry(RetrySettings.defaults().withOn(unnamed), () -> 0);
    for (int status = 100; status < 500; status++) {
      assertThat(retry.nextWaitAfterStatus(0, status)).as("%d", status).isEqualTo(Retry.STOP);
    }
    Retry all = retry(RetrySettings.defaults().withOn(EnumSet.allOf(RetryOn.class)), () -> 0);
    for (int status = 100; status < 500; status++) {
      boolean named = status == 408 || status == 425 || status == 429;
      assertThat(all.nextWaitAfterStatus(0, status) >= 0).as("%d", status).isEqualTo(named);
    }
    assertThat(retry.nextWaitAfterStatus(0, 500)).isEqualTo(100 * MILLI);
    assertThat(retry.nextWaitAfterStatus(0, 600)).isEqualTo(Retry.STOP);
  }

  @Test
  void gatewayErrorIs502To504Only() {
    Retry retry = retry(RetrySettings.defaults(), () -> 0);
    for (int status : new int[] {502, 503, 504}) {
      assertThat(retry.nextWaitAfterStatus(0, status)).isEqualTo(100 * MILLI);
    }
    for (int status : new int[] {500, 501, 505}) {
      assertThat(retry.nextWaitAfterStatus(0, status)).isEqualTo(Retry.STOP);
    }
  }

  @Test
  void onlyConfiguredConditionsAreRetried() {
    Retry retry =
        retry(RetrySettings.defaults().withOn(EnumSet.of(RetryOn.CONNECT_FAILURE)), () -> 0);
    assertThat(retry.nextWait(0, RetryOn.CONNECT_FAILURE)).isEqualTo(100 * MILLI);
    assertThat(retry.nextWait(0, RetryOn.RESET)).isEqualTo(Retry.STOP);
    assertThat(retry.nextWaitAfterStatus(0, 503)).isEqualTo(Retry.STOP);
  }

  @Test
  void usedUpBudgetStopsRetriesUntilTimePasses() {
    Retry retry = retry(RetrySettings.defaults().withBudget(Optional.of(budget(20, 0))), () -> 0);
    for (int i = 0; i < 10; i++) {
      retry.started();
    }
    assertThat(retry.nextWait(0, RetryOn.RESET)).isNotEqualTo(Retry.STOP);
    assertThat(retry.nextWait(0, RetryOn.RESET)).isNotEqualTo(Retry.STOP);
    assertThat(retry.nextWait(0, RetryOn.RESET)).isEqualTo(Retry.STOP);
    assertThat(retry.refusedByBudget()).isEqualTo(1);
    assertThat(retry.retries()).isEqualTo(2);
  }

  @Test
  void tryThatFollowsNoFailureTakesFromTheSameBudget() {
    Retry retry = retry(RetrySettings.defaults().withBudget(Optional.of(budget(20, 0))), () -> 0);
    for (int i = 0; i < 10; i++) {
      retry.started();
    }
    assertThat(retry.tryAnother()).isTrue();
    assertThat(retry.nextWait(0, RetryOn.RESET)).isNotEqualTo(Retry.STOP);
    assertThat(retry.tryAnother()).isFalse();
    retry.reconfigure(retry.settings().withBudget(Optional.empty()));
    assertThat(retry.tryAnother()).isTrue();
  }

  @Test
  void changedSettingsKeepWhatTheBudgetCounted() {
    Retry retry = retry(RetrySettings.defaults().withBudget(Optional.of(budget(100, 0))), () -> 0);
    retry.started();
    assertThat(retry.nextWait(0, RetryOn.RESET)).isNotEqualTo(Retry.STOP);
    retry.reconfigure(retry.settings().withMaxRetries(1));
    assertThat(retry.nextWait(0, RetryOn.RESET)).isEqualTo(Retry.STOP);
    retry.reconfigure(retry.settings().withBudget(Optional.empty()));
    assertThat(retry.nextWait(0, RetryOn.RESET)).isEqualTo(100 * MILLI);
  }

  @Test
  void callIsMadeAgainAfterTheWaitsUntilItSucceeds() throws Exception {
    Retry retry = retry(RetrySettings.defaults(), () -> 0.5);
    var calls = new AtomicInteger();
    String answer =
        retry.call(
            () -> {
              if (calls.incrementAndGet() < 4) {
                throw new ConnectException("refused");
              }
              return "fourth";
            });
    assertThat(answer).isEqualTo("fourth");
    assertThat(slept).containsExactly(125 * MILLI, 250 * MILLI, 500 * MILLI);
  }

  @Test
  void callGivesTheLastFailureAfterAllRetries() {
    Retry retry = retry(RetrySettings.defaults(), () -> 0);
    var calls = new AtomicInteger();
    assertThatThrownBy(
            () ->
                retry.call(
                    () -> {
                      throw new SocketException("reset " + calls.incrementAndGet());
                    }))
        .hasMessage("reset 6");
    assertThat(slept).hasSize(5);
  }

  @Test
  void callThatFailsForAnotherReasonIsMadeOnce() {
    Retry retry = retry(RetrySettings.defaults(), () -> 0);
    var failure = new IllegalStateException("no network failure");
    assertThatThrownBy(
            () ->
                retry.call(
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThatThrownBy(
            () ->
                retry.call(
                    () -> {
                      throw new CircuitOpenException("bank");
                    }))
        .isInstanceOf(CircuitOpenException.class);
    assertThat(slept).isEmpty();
  }

  @Test
  void interruptWhileWaitingKeepsTheFailureBeforeIt() {
    var failure = new ConnectException("refused");
    var retry =
        new Retry(
            "bank",
            RetrySettings.defaults(),
            new Retry.Source(
                ticker,
                () -> 0,
                nanos -> {
                  throw new InterruptedException();
                }));
    assertThatThrownBy(
            () ->
                retry.call(
                    () -> {
                      throw failure;
                    }))
        .isInstanceOf(InterruptedException.class)
        .hasSuppressedException(failure);
  }

  @Test
  void exceptionsAreToldApart() {
    assertThat(RetryOn.of(new ConnectException())).contains(RetryOn.CONNECT_FAILURE);
    assertThat(RetryOn.of(new UnknownHostException())).contains(RetryOn.CONNECT_FAILURE);
    assertThat(RetryOn.of(new SocketTimeoutException())).contains(RetryOn.TIMEOUT);
    assertThat(RetryOn.of(new SocketException("reset"))).contains(RetryOn.RESET);
    assertThat(RetryOn.of(new UncheckedIOException(new EOFException()))).contains(RetryOn.RESET);
    assertThat(RetryOn.of(new IOException("disk full"))).isEmpty();
  }

  @Test
  void causesThatFormACircleEndTheSearch() {
    var one = new IOException("one");
    one.initCause(new IOException("two", one));
    assertThat(RetryOn.of(one)).isEmpty();
  }

  private Retry retry(RetrySettings settings, DoubleSupplier random) {
    return new Retry("bank", settings, new Retry.Source(ticker, random, slept::add));
  }

  private static RetryBudgetSettings budget(double percent, int minPerSecond) {
    return new RetryBudgetSettings(percent, minPerSecond);
  }
}
