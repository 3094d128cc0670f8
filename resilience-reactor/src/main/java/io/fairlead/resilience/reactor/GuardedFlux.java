package io.fairlead.resilience.reactor;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.CallPermit;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.Policy;
import io.fairlead.resilience.RateLimiter;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * One subscription to a stream under the policies of a pipeline. Signalled by one thread a time.
 */
final class GuardedFlux<T> {
  private final Flux<T> source;
  private final Pipeline<T> pipeline;

  /** Those that bound all tries together, and those that bound each of them. */
  private final List<Timeout> ofAll = new ArrayList<>();

  private final List<Timeout> ofEach = new ArrayList<>();
  private @Nullable Retry retry;

  /** What a timeout of all tries said before it cancelled the one under way. */
  private volatile @Nullable Throwable overdue;

  private volatile boolean emitted;

  GuardedFlux(Flux<T> source, Pipeline<T> pipeline) {
    this.source = source;
    this.pipeline = pipeline;
    for (Policy policy : pipeline.policies()) {
      switch (policy) {
        case CircuitBreaker entered -> {}
        case Bulkhead entered -> {}
        case RateLimiter entered -> {}
        case Timeout timeout -> ofEach.add(timeout);
        case Retry found when retry == null -> {
          retry = found;
          ofAll.addAll(ofEach);
          ofEach.clear();
        }
        default ->
            throw new IllegalArgumentException(
                "pipeline " + pipeline.name() + ": cannot guard a stream with " + policy);
      }
    }
  }

  Flux<T> flux() {
    Flux<T> tries = Flux.defer(this::attempt);
    Retry again = retry;
    if (again != null) {
      again.started();
      tries =
          tries.retryWhen(
              reactor.util.retry.Retry.from(
                  ends ->
                      ends.concatMap(
                          end -> waitAfter(again, end.failure(), (int) end.totalRetries()))));
    }
    for (Timeout timeout : ofAll.reversed()) {
      tries = within(timeout, tries, late -> overdue = late);
    }
    return tries;
  }

  private Publisher<Long> waitAfter(Retry again, Throwable failure, int retriesMade) {
    RetryOn outcome = emitted ? null : RetryOn.of(failure).orElse(null);
    long wait = outcome == null ? Retry.STOP : again.nextWait(retriesMade, outcome);
    return wait == Retry.STOP
        ? Mono.error(failure)
        : Mono.delay(Duration.ofNanos(wait), Schedulers.parallel());
  }

  /** One try, which holds its permit to the end of the stream. */
  private Flux<T> attempt() {
    CallPermit<T> permit = pipeline.enter();
    Flux<T> tried = source.doOnNext(element -> emitted = true);
    for (Timeout timeout : ofEach.reversed()) {
      tried = within(timeout, tried, late -> {});
    }
    return tried
        .doOnComplete(permit::success)
        .doOnError(permit::failure)
        .doOnCancel(() -> cancelled(permit));
  }

  /** Late is not the same as no longer wanted: a breaker is told of the first. */
  private void cancelled(CallPermit<T> permit) {
    Throwable late = overdue;
    if (late == null) {
      permit.close();
    } else {
      permit.failure(late);
    }
  }

  /** The stream until it is late, and then the error that says so. */
  private Flux<T> within(Timeout timeout, Flux<T> stream, Consumer<Throwable> whenLate) {
    return Flux.defer(
        () -> {
          var end = new CompletableFuture<Void>();
          var error = new AtomicReference<@Nullable Throwable>();
          Mono<Throwable> late =
              Mono.fromFuture(timeout.callAsync(() -> end).toCompletableFuture(), true)
                  .then(Mono.<Throwable>never())
                  .onErrorResume(Mono::just)
                  .publishOn(Schedulers.parallel())
                  .doOnNext(error::set)
                  .doOnNext(whenLate);
          // An error of the other publisher would not cancel the stream; a value of it does.
          return stream
              .takeUntilOther(late)
              .concatWith(Mono.defer(() -> failed(error.get())))
              .doFinally(signal -> end.complete(null));
        });
  }

  private Mono<T> failed(@Nullable Throwable error) {
    return error == null ? Mono.empty() : Mono.error(error);
  }
}
