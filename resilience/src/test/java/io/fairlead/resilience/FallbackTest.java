package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class FallbackTest {
  private static final IOException BROKEN = new IOException("broken");
  private static final Callable<String> FAILING =
      () -> {
        throw BROKEN;
      };

  @Test
  void defaultValueAnswersForAFailure() throws Exception {
    assertThat(with(Fallback.value("{\"name\":\"Guest\"}")).call(FAILING))
        .isEqualTo("{\"name\":\"Guest\"}");
  }

  @Test
  void alternativeServiceIsCalledForAFailureAndItsOwnFailureTellsOfBoth() throws Exception {
    assertThat(with(Fallback.call(() -> "by e-mail")).call(FAILING)).isEqualTo("by e-mail");
    var alsoBroken = new IOException("no e-mail either");
    assertThatThrownBy(
            () ->
                with(Fallback.<String>call(
                        () -> {
                          throw alsoBroken;
                        }))
                    .call(FAILING))
        .isSameAs(alsoBroken)
        .hasSuppressedException(BROKEN);
  }

  @Test
  void lastGoodAnswerServesUntilItIsTooOld() throws Exception {
    var ticker = new ManualTicker();
    Pipeline<String> pipeline = with(new LastGood<>(Duration.ofMinutes(1), ticker));
    assertThatThrownBy(() -> pipeline.call(FAILING)).isSameAs(BROKEN);
    pipeline.call(() -> "first");
    pipeline.call(() -> "second");
    ticker.advance(Duration.ofMinutes(1));
    assertThat(pipeline.call(FAILING)).isEqualTo("second");
    ticker.advanceNanos(1);
    assertThatThrownBy(() -> pipeline.call(FAILING)).isSameAs(BROKEN);
  }

  @Test
  void workIsQueuedForLaterOnlyWhenItFailsNow() throws Exception {
    List<String> queued = new ArrayList<>();
    Fallback<String> later =
        Fallback.later(
            (key, payload) -> queued.add(key + " " + new String(payload, StandardCharsets.UTF_8)),
            "order-7",
            () -> "charge 12".getBytes(StandardCharsets.UTF_8),
            "{\"status\":\"pending\"}");
    Pipeline<String> pipeline = Pipeline.<String>named("bank").build();
    assertThat(pipeline.call(() -> "paid", later)).isEqualTo("paid");
    assertThat(queued).isEmpty();
    assertThat(pipeline.call(FAILING, later)).isEqualTo("{\"status\":\"pending\"}");
    assertThat(queued).containsExactly("order-7 charge 12");
  }

  @Test
  void queueThatCannotTakeTheWorkFailsTheCall() {
    Fallback<String> later =
        Fallback.later(
            (key, payload) -> {
              throw new IllegalStateException("disk full");
            },
            "order-7",
            () -> new byte[0],
            "pending");
    assertThatThrownBy(() -> with(later).call(FAILING))
        .hasMessage("disk full")
        .hasSuppressedException(BROKEN);
  }

  @Test
  void fallbacksCanBeChosenByFailureAndFollowEachOther() throws Exception {
    Fallback<String> chosen = Fallback.value("io").when(failure -> failure instanceof IOException);
    assertThat(with(chosen).call(FAILING)).isEqualTo("io");
    assertThatThrownBy(
            () ->
                with(chosen)
                    .call(
                        () -> {
                          throw new IllegalStateException("other");
                        }))
        .hasMessage("other");
    Fallback<String> either =
        Fallback.<String>lastGood(Duration.ofHours(1)).or(Fallback.value("none yet"));
    Pipeline<String> pipeline = with(either);
    assertThat(pipeline.call(FAILING)).isEqualTo("none yet");
    pipeline.call(() -> "good");
    assertThat(pipeline.call(FAILING)).isEqualTo("good");
  }

  @Test
  void errorsAndInterruptsHaveNoFallback() {
    Pipeline<String> pipeline = with(Fallback.value("fallback"));
    assertThatThrownBy(
            () ->
                pipeline.call(
                    () -> {
                      throw new OutOfMemoryError();
                    }))
        .isInstanceOf(OutOfMemoryError.class);
    assertThatThrownBy(
            () ->
                pipeline.call(
                    () -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(InterruptedException.class);
  }

  @Test
  void rejectionByAPolicyGetsTheFallbackToo() throws Exception {
    var breaker = new CircuitBreaker("bank", CircuitBreakerSettings.defaults());
    breaker.transitionTo(CircuitState.FORCED_OPEN);
    Pipeline<String> pipeline =
        Pipeline.<String>named("bank")
            .fallback(Fallback.value("fallback"))
            .circuitBreaker(breaker)
            .build();
    assertThat(pipeline.call(() -> "paid")).isEqualTo("fallback");
  }

  private static Pipeline<String> with(Fallback<String> fallback) {
    return Pipeline.<String>named("bank").fallback(fallback).build();
  }
}
