package io.fairlead.resilience;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Puts policies around calls, the first written outermost. For one thread; the pipeline is for all.
 *
 * <p>Where the order matters: a fallback sees what is written after it, so it comes first. A
 * deadline bounds the retries written after it, a timeout each try when it is written after the
 * retry. A breaker after the retry counts every try, before it the call as a whole. A bulkhead
 * before the retry holds its place while the retry waits. {@link Pipeline#of} has the order that
 * suits most: fallback, deadline, retry, rate limit, circuit breaker, bulkhead.
 *
 * <p>A policy that is given as an object may stand in several pipelines, which then share its
 * state; given as settings it belongs to this one and has its name.
 */
public final class PipelineBuilder<T> {
  private final String name;
  private final List<Layer<T>> layers = new ArrayList<>();
  private PolicyEvents events = PolicyEvents.none();
  private @Nullable Predicate<? super T> failing;
  private @Nullable Predicate<? super Throwable> ignored;
  private @Nullable Predicate<? super T> retriedResults;
  private @Nullable Predicate<? super Throwable> retried;

  /** A policy and the step that it becomes. */
  private sealed interface Layer<T> {
    record Rescued<T>(Fallback<T> fallback) implements Layer<T> {}

    record Bounded<T>(Timeout deadline) implements Layer<T> {}

    record Repeated<T>(Retry retry) implements Layer<T> {}

    record Hedged<T>(Hedge hedge) implements Layer<T> {}

    record Limited<T>(AdaptiveLimit limit) implements Layer<T> {}

    record Shed<T>(LoadShedder shedder, Priority priority) implements Layer<T> {}

    record Pooled<T>(ThreadPoolBulkhead pool) implements Layer<T> {}

    record Guarded<T>(Guard.Layers policies) implements Layer<T> {}
  }

  PipelineBuilder(String name) {
    this.name = name;
  }

  /** Gives this answer when what is written after it fails. */
  public PipelineBuilder<T> fallback(Fallback<T> fallback) {
    return add(new Layer.Rescued<>(fallback));
  }

  /**
   * Ends everything written after it when this time is over, tells the deadline to the calls below,
   * and keeps an earlier one that the thread already has.
   */
  public PipelineBuilder<T> deadline(Duration limit) {
    return deadline(new Timeout(name, limit));
  }

  /** As {@link #deadline(Duration)}, with a limit that others share. */
  public PipelineBuilder<T> deadline(Timeout limit) {
    return add(new Layer.Bounded<>(limit));
  }

  /** Makes what is written after it again when it fails. */
  public PipelineBuilder<T> retry(RetrySettings settings) {
    return retry(new Retry(name, settings));
  }

  /** As {@link #retry(RetrySettings)}, with retries that others share. */
  public PipelineBuilder<T> retry(Retry retry) {
    return add(new Layer.Repeated<>(retry));
  }

  /** Makes what is written after it once more when it is late, and takes the first answer. */
  public PipelineBuilder<T> hedge(Hedge hedge) {
    return add(new Layer.Hedged<>(hedge));
  }

  /** Lets through what the limit permits. */
  public PipelineBuilder<T> adaptiveLimit(AdaptiveLimit limit) {
    return add(new Layer.Limited<>(limit));
  }

  /** Lets through what the shedder permits to calls of this priority. */
  public PipelineBuilder<T> loadShedder(LoadShedder shedder, Priority priority) {
    return add(new Layer.Shed<>(shedder, priority));
  }

  /** Lets through what the limit permits. */
  public PipelineBuilder<T> rateLimit(RateLimitSettings settings) {
    return rateLimit(new RateLimiter(name, settings));
  }

  /** As {@link #rateLimit(RateLimitSettings)}, with a limit that others share. */
  public PipelineBuilder<T> rateLimit(RateLimiter limiter) {
    return add(new Layer.Guarded<>(new Guard.Layers(limiter, null, null, null)));
  }

  /** Stops what is written after it while it fails. */
  public PipelineBuilder<T> circuitBreaker(CircuitBreakerSettings settings) {
    return circuitBreaker(new CircuitBreaker(name, settings, Ticker.coarse(), events));
  }

  /** As {@link #circuitBreaker(CircuitBreakerSettings)}, with a breaker that others share. */
  public PipelineBuilder<T> circuitBreaker(CircuitBreaker breaker) {
    return add(new Layer.Guarded<>(new Guard.Layers(null, breaker, null, null)));
  }

  /** Lets a number of calls at a time through. */
  public PipelineBuilder<T> bulkhead(BulkheadSettings settings) {
    return bulkhead(new Bulkhead(name, settings));
  }

  /** As {@link #bulkhead(BulkheadSettings)}, with a bulkhead that others share. */
  public PipelineBuilder<T> bulkhead(Bulkhead bulkhead) {
    return add(new Layer.Guarded<>(new Guard.Layers(null, null, bulkhead, null)));
  }

  /** Makes what is written after it on the threads of this pool. */
  public PipelineBuilder<T> threadPool(ThreadPoolBulkhead pool) {
    return add(new Layer.Pooled<>(pool));
  }

  /** Ends what is written after it when it takes longer than this. */
  public PipelineBuilder<T> timeout(Duration limit) {
    return timeout(new Timeout(name, limit));
  }

  /** As {@link #timeout(Duration)}, with a timeout that others share. */
  public PipelineBuilder<T> timeout(Timeout timeout) {
    return add(new Layer.Guarded<>(new Guard.Layers(null, null, null, timeout)));
  }

  /** Results that count as failures, as an answer with a status of 5xx does. */
  public PipelineBuilder<T> failWhen(Predicate<? super T> result) {
    failing = result;
    return this;
  }

  /**
   * Exceptions that say nothing about the called side, beside interrupts, cancellations and
   * rejections by policies: breakers count them neither as success nor as failure.
   */
  public PipelineBuilder<T> ignoreWhen(Predicate<? super Throwable> failure) {
    ignored = failure;
    return this;
  }

  /** Exceptions that are tried again, beside those that the settings of the retry name. */
  public PipelineBuilder<T> retryWhen(Predicate<? super Throwable> failure) {
    retried = failure;
    return this;
  }

  /** Results that are tried again; the last one is the answer when the tries are over. */
  public PipelineBuilder<T> retryWhenResult(Predicate<? super T> result) {
    retriedResults = result;
    return this;
  }

  /** Where breakers written from here on, given as settings, tell their transitions. */
  public PipelineBuilder<T> events(PolicyEvents queue) {
    events = queue;
    return this;
  }

  private PipelineBuilder<T> add(Layer<T> layer) {
    layers.add(layer);
    return this;
  }

  /** The pipeline; this builder can go on to make others that share its policies. */
  public Pipeline<T> build() {
    return new Pipeline<>(name, compile());
  }

  Pipeline.Compiled<T> compile() {
    var meaning = new Meaning<>(failing, ignored, retriedResults, retried);
    List<Policy> policies = new ArrayList<>();
    Step<T> step = new Step.Work<>();
    for (Layer<T> layer : layers.reversed()) {
      step = around(step, layer, meaning, policies);
    }
    return new Pipeline.Compiled<>(step, policies.reversed());
  }

  private static <T> Step<T> around(
      Step<T> inner, Layer<T> layer, Meaning<T> meaning, List<Policy> policies) {
    return switch (layer) {
      case Layer.Rescued<T>(var fallback) -> new Rescue<>(fallback, inner);
      case Layer.Bounded<T>(var deadline) -> new Within<>(note(deadline, policies), inner);
      case Layer.Repeated<T>(var retry) -> new Repeat<>(note(retry, policies), meaning, inner);
      case Layer.Hedged<T>(var hedge) -> new HedgeStep<>(note(hedge, policies), inner);
      case Layer.Limited<T>(var limit) -> new LimitStep<>(note(limit, policies), inner);
      case Layer.Shed<T>(var shedder, var priority) ->
          new LimitStep<>(note(shedder, policies), priority, inner);
      case Layer.Pooled<T>(var pool) -> new PoolStep<>(note(pool, policies), inner);
      case Layer.Guarded<T>(var added) -> {
        added.forEach(policies::add);
        // What stands in a guard's own order is fused into one; anything else gets a new one.
        yield inner instanceof Guard<T> guard && added.precede(guard.layers())
            ? new Guard<>(added.and(guard.layers()), meaning, guard.inner())
            : new Guard<>(added, meaning, inner);
      }
    };
  }

  private static <P extends Policy> P note(P policy, List<Policy> policies) {
    policies.add(policy);
    return policy;
  }
}
