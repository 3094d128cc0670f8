package io.fairlead.resilience;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes pipelines of {@link ResilienceSettings} and keeps what they know when these change. */
final class FromSettings<T> {
  private final List<Policy> present;
  private final @Nullable ThreadPoolBulkhead pool;
  private final PipelineBuilder<T> builder;

  private FromSettings(
      List<Policy> present, @Nullable ThreadPoolBulkhead pool, PipelineBuilder<T> builder) {
    this.present = present;
    this.pool = pool;
    this.builder = builder;
  }

  /**
   * The steps for these settings, with those of the present policies that are still wanted.
   *
   * @param pool the threads of whoever made the pipeline, or null
   */
  static <T> Pipeline.Compiled<T> compile(
      String name,
      ResilienceSettings settings,
      List<Policy> present,
      @Nullable ThreadPoolBulkhead pool) {
    // Before anything changes: what is refused leaves what is in force.
    if (pool == null && settings.threadPool().isPresent()) {
      throw new IllegalArgumentException(
          "threadPool: must not be set for pipeline "
              + name
              + ", which was given no thread pool, was "
              + settings.threadPool().get());
    }
    return new FromSettings<T>(present, pool, Pipeline.named(name)).compile(name, settings);
  }

  private Pipeline.Compiled<T> compile(String name, ResilienceSettings settings) {
    settings
        .timeout()
        .map(TimeoutSettings::request)
        .filter(request -> !request.isZero())
        .ifPresent(
            request ->
                builder.deadline(
                    kept(
                        Timeout.class,
                        request,
                        limit -> new Timeout(name, limit),
                        Timeout::reconfigure)));
    settings
        .retry()
        .ifPresent(
            wanted ->
                builder.retry(
                    kept(
                        Retry.class, wanted, fresh -> new Retry(name, fresh), Retry::reconfigure)));
    settings
        .rateLimit()
        .ifPresent(
            wanted ->
                builder.rateLimit(
                    kept(
                        RateLimiter.class,
                        wanted,
                        fresh -> new RateLimiter(name, fresh),
                        RateLimiter::reconfigure)));
    limit(name, settings);
    settings
        .circuitBreaker()
        .ifPresent(
            wanted ->
                builder.circuitBreaker(
                    kept(
                        CircuitBreaker.class,
                        wanted,
                        fresh -> new CircuitBreaker(name, fresh),
                        CircuitBreaker::reconfigure)));
    settings
        .bulkhead()
        .ifPresent(
            wanted ->
                builder.bulkhead(
                    kept(
                        Bulkhead.class,
                        wanted,
                        fresh -> new Bulkhead(name, fresh),
                        Bulkhead::reconfigure)));
    if (pool != null && settings.threadPool().isPresent()) {
      pool.reconfigure(settings.threadPool().get());
      builder.threadPool(pool);
    }
    return builder.compile();
  }

  private void limit(String name, ResilienceSettings settings) {
    settings
        .adaptiveLimit()
        .ifPresent(
            wanted ->
                builder.adaptiveLimit(
                    kept(
                        AdaptiveLimit.class,
                        wanted,
                        fresh -> new AdaptiveLimit(name, fresh),
                        AdaptiveLimit::reconfigure)));
  }

  /** The present policy of this type under these settings, or a new one. */
  private <P extends Policy, S> P kept(
      Class<P> type, S settings, Function<S, P> make, BiConsumer<P, S> reconfigure) {
    for (Policy policy : present) {
      if (type.isInstance(policy)) {
        P same = type.cast(policy);
        reconfigure.accept(same, settings);
        return same;
      }
    }
    return make.apply(settings);
  }
}
