package io.fairlead.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadFullException;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CallTimeoutException;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.CircuitOpenException;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.Fallback;
import io.fairlead.resilience.Hedge;
import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.ThreadPoolBulkhead;
import io.fairlead.resilience.ThreadPoolBulkheadSettings;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.util.context.Context;

class GuardedTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final RetrySettings SOON =
      RetrySettings.defaults().withMaxRetries(2).withInitialDelay(Duration.ofMillis(1));

  private final Thread subscriber = Thread.currentThread();
  private final CircuitBreaker breaker =
      new CircuitBreaker(
          "bank",
          CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(2),
          () -> 0,
          PolicyEvents.none());
  private final Bulkhead bulkhead =
      new Bulkhead(
          "bank",
          BulkheadSettings.defaults()
              .withMaxConcurrentCalls(1)
              .withMaxWait(Duration.ofMinutes(10)));
  private final Pipeline<String> guard =
      Pipeline.<String>named("bank").circuitBreaker(breaker).bulkhead(bulkhead).build();

  private static Pipeline<String> retrying() {
    return Pipeline.<String>named("bank").retry(SOON).build();
  }

  private void assertNothingHeld(long outcomes) {
    assertThat(bulkhead.inUse()).isZero();
    assertThat(breaker.snapshot().calls()).isEqualTo(outcomes);
  }

  /** One of Reactor, or the subscriber's if a timer was over before it could be waited for. */
  private boolean ourThread() {
    return Thread.currentThread() == subscriber || Schedulers.isInNonBlockingThread();
  }

  @Test
  void valueAndEmptinessAndErrorPassAndAreTold() {
    StepVerifier.create(Mono.just("paid").transform(Guarded.mono(guard)))
        .expectNext("paid")
        .expectComplete()
        .verify(BOUND);
    StepVerifier.create(Mono.<String>empty().transform(Guarded.mono(guard)))
        .expectComplete()
        .verify(BOUND);
    var failure = new IllegalStateException("declined");
    StepVerifier.create(Mono.<String>error(failure).transform(Guarded.mono(guard)))
        .expectErrorMatches(e -> e == failure)
        .verify(BOUND);
    assertNothingHeld(3);
    assertThat(breaker.snapshot().failures()).isEqualTo(1);
  }

  @Test
  void openBreakerRejectsWithoutSubscribing() {
    breaker.transitionTo(CircuitState.FORCED_OPEN);
    var source = TestPublisher.<String>create();
    StepVerifier.create(source.mono().transform(Guarded.mono(guard)))
        .expectError(CircuitOpenException.class)
        .verify(BOUND);
    StepVerifier.create(source.flux().transform(Guarded.flux(guard)))
        .expectError(CircuitOpenException.class)
        .verify(BOUND);
    source.assertWasNotSubscribed();
  }

  @Test
  void cancellationReachesTheSourceGivesBackAndSaysNothing() {
    for (var cold : List.of(TestPublisher.<String>create(), TestPublisher.<String>create())) {
      StepVerifier.create(cold.mono().transform(Guarded.mono(guard))).thenCancel().verify(BOUND);
      cold.assertCancelled();
    }
    var stream = TestPublisher.<String>create();
    StepVerifier.create(stream.flux().transform(Guarded.flux(guard)))
        .then(() -> stream.next("one"))
        .expectNext("one")
        .thenCancel()
        .verify(BOUND);
    stream.assertCancelled();
    assertNothingHeld(0);
  }

  @Test
  void placeIsGivenBackOnceHoweverCancellationAndEndMeet() {
    var wide = new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(10_000));
    var pipeline =
        Pipeline.<String>named("bank").deadline(BOUND).retry(SOON).bulkhead(wide).build();
    List<Throwable> dropped = new CopyOnWriteArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    try {
      for (int call = 0; call < 2_000; call++) {
        Mono<String> source = Mono.just("paid").subscribeOn(Schedulers.parallel());
        if (call % 4 < 2) {
          source = source.then(Mono.error(new ConnectException()));
        }
        Disposable subscription =
            call % 2 == 0
                ? source.transform(Guarded.mono(pipeline)).subscribe(v -> {}, e -> {})
                : source.flux().transform(Guarded.flux(pipeline)).subscribe(v -> {}, e -> {});
        Schedulers.boundedElastic().schedule(subscription::dispose);
      }
      await().atMost(BOUND).untilAsserted(() -> assertThat(wide.inUse()).isZero());
      // As everywhere in Reactor: what the source says to one who has just gone, nothing of ours.
      assertThat(dropped).allMatch(ConnectException.class::isInstance);
    } finally {
      Hooks.resetOnErrorDropped();
    }
  }

  @Test
  void streamHoldsItsPlaceToItsEnd() {
    var stream = TestPublisher.<String>create();
    StepVerifier.create(stream.flux().transform(Guarded.flux(guard)))
        .then(() -> stream.next("one", "two"))
        .expectNext("one", "two")
        .then(() -> assertThat(bulkhead.inUse()).isEqualTo(1))
        .then(stream::complete)
        .expectComplete()
        .verify(BOUND);
    assertNothingHeld(1);
  }

  @Test
  void requestsReachTheSourceAsTheyAre() {
    List<Long> requests = new CopyOnWriteArrayList<>();
    var pipeline =
        Pipeline.<String>named("bank")
            .deadline(BOUND)
            .retry(SOON)
            .circuitBreaker(breaker)
            .bulkhead(bulkhead)
            .timeout(BOUND)
            .build();
    Flux<String> stream = Flux.just("a", "b", "c", "d", "e").doOnRequest(requests::add);
    StepVerifier.create(stream.transform(Guarded.flux(pipeline)), 0)
        .thenRequest(2)
        .expectNext("a", "b")
        .thenRequest(1)
        .expectNext("c")
        .thenRequest(5)
        .expectNext("d", "e")
        .expectComplete()
        .verify(BOUND);
    assertThat(requests).containsExactly(2L, 1L, 5L);
  }

  @Test
  void valueOfAMonoWaitsUntilItIsRequested() {
    StepVerifier.create(Mono.just("paid").transform(Guarded.mono(guard)), 0)
        .expectSubscription()
        .then(() -> assertNothingHeld(1))
        .thenRequest(1)
        .expectNext("paid")
        .expectComplete()
        .verify(BOUND);
  }

  @Test
  void fullBulkheadRejectsAtOnceOnAThreadThatMustNotWait() throws Exception {
    long place = bulkhead.acquire();
    Mono<String> mono = Mono.just("paid").transform(Guarded.mono(guard));
    Flux<String> flux = Flux.just("paid").transform(Guarded.flux(guard));
    StepVerifier.create(
            Flux.concatDelayError(mono, flux)
                .doOnSubscribe(s -> assertThat(Schedulers.isInNonBlockingThread()).isTrue())
                .subscribeOn(Schedulers.parallel()))
        .expectErrorSatisfies(
            e ->
                assertThat(reactor.core.Exceptions.unwrapMultiple(e))
                    .filteredOn(BulkheadFullException.class::isInstance)
                    .hasSize(2))
        .verify(BOUND);
    bulkhead.release(place);
    assertNothingHeld(0);
  }

  @Test
  void laterTriesRunOnNoThreadOfATimerAndSeeTheContext() {
    for (boolean stream : new boolean[] {false, true}) {
      var tries = new AtomicInteger();
      List<Boolean> ours = new CopyOnWriteArrayList<>();
      Mono<String> source =
          Mono.deferContextual(
              context -> {
                ours.add(ourThread());
                return tries.incrementAndGet() < 3
                    ? Mono.error(new ConnectException())
                    : Mono.just(context.<String>get("user"));
              });
      var guarded =
          stream
              ? source.flux().transform(Guarded.flux(retrying()))
              : source.transform(Guarded.mono(retrying())).flux();
      StepVerifier.create(guarded.contextWrite(Context.of("user", "ann")))
          .expectNext("ann")
          .expectComplete()
          .verify(BOUND);
      assertThat(ours).as("stream: %s", stream).containsExactly(true, true, true);
    }
  }

  @Test
  void lastFailureComesOutWhenTheTriesAreOver() {
    var tries = new AtomicInteger();
    Mono<String> failing =
        Mono.defer(() -> Mono.error(new ConnectException("try " + tries.incrementAndGet())));
    StepVerifier.create(failing.transform(Guarded.mono(retrying())))
        .expectErrorMessage("try 3")
        .verify(BOUND);
    tries.set(0);
    StepVerifier.create(failing.flux().transform(Guarded.flux(retrying())))
        .expectErrorMessage("try 3")
        .verify(BOUND);
  }

  @Test
  void streamThatHasEmittedIsNotTriedAgain() {
    var tries = new AtomicInteger();
    Flux<String> broken =
        Flux.defer(
            () -> {
              tries.incrementAndGet();
              return Flux.just("one").concatWith(Mono.error(new ConnectException("broke")));
            });
    StepVerifier.create(broken.transform(Guarded.flux(retrying())))
        .expectNext("one")
        .expectErrorMessage("broke")
        .verify(BOUND);
    assertThat(tries).hasValue(1);
  }

  @Test
  void lateMonoIsCancelledAndItsErrorComesFromAThreadOfReactor() {
    var cancelledOn = new AtomicReference<Boolean>();
    var signalledOn = new AtomicReference<Boolean>();
    var pipeline =
        Pipeline.<String>named("bank")
            .circuitBreaker(breaker)
            .timeout(Duration.ofMillis(1))
            .build();
    Mono<String> never = Mono.<String>never().doOnCancel(() -> cancelledOn.set(ourThread()));
    StepVerifier.create(
            never.transform(Guarded.mono(pipeline)).doOnError(e -> signalledOn.set(ourThread())))
        .expectError(CallTimeoutException.class)
        .verify(BOUND);
    assertThat(signalledOn).hasValue(true);
    await().atMost(BOUND).untilAsserted(() -> assertThat(cancelledOn).hasValue(true));
    assertThat(breaker.snapshot().failures()).isEqualTo(1);
  }

  @Test
  void lateStreamIsCancelledAndCountsAsAFailureWhereverItsTimeoutStands() {
    breaker.transitionTo(CircuitState.METRICS_ONLY);
    assertLateStreamFails(
        limit ->
            Pipeline.<String>named("bank")
                .retry(SOON.withMaxRetries(0))
                .circuitBreaker(breaker)
                .timeout(limit)
                .build());
    assertLateStreamFails(
        limit ->
            Pipeline.<String>named("bank")
                .deadline(limit)
                .retry(SOON.withMaxRetries(0))
                .circuitBreaker(breaker)
                .build());
  }

  private void assertLateStreamFails(Function<Duration, Pipeline<String>> pipeline) {
    long before = breaker.snapshot().failures();
    var limit = Duration.ofMillis(5);
    var stream = TestPublisher.<String>create();
    // A limit may be over before the source is subscribed; then no call was made to be counted.
    while (!stream.wasSubscribed()) {
      limit = limit.multipliedBy(2);
      StepVerifier.create(stream.flux().transform(Guarded.flux(pipeline.apply(limit))))
          .expectError(CallTimeoutException.class)
          .verify(BOUND);
    }
    await()
        .atMost(BOUND)
        .untilAsserted(
            () -> {
              stream.assertCancelled();
              assertThat(breaker.snapshot().failures()).isEqualTo(before + 1);
            });
  }

  @Test
  void policiesThatCannotGuardAStreamAreNamed() {
    var pipeline =
        Pipeline.<String>named("bank").hedge(new Hedge("bank", HedgeSettings.defaults())).build();
    StepVerifier.create(Flux.just("a").transform(Guarded.flux(pipeline)))
        .expectErrorSatisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("pipeline bank: cannot guard a stream with hedge bank"))
        .verify(BOUND);
  }

  @Test
  void threadPoolIsWhereTheWorkIsSubscribed() {
    try (var pool = new ThreadPoolBulkhead("bank", ThreadPoolBulkheadSettings.defaults())) {
      var pipeline =
          Pipeline.<String>named("bank")
              .fallback(Fallback.value("none"))
              .retry(SOON)
              .threadPool(pool)
              .build();
      Mono<String> blocking = Mono.fromCallable(() -> Thread.currentThread().getName());
      StepVerifier.create(blocking.transform(Guarded.mono(pipeline)))
          .assertNext(thread -> assertThat(thread).startsWith("bulkhead-bank"))
          .expectComplete()
          .verify(BOUND);
    }
  }
}
