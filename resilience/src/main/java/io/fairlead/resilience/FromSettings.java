package io.fairlead.resilience;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Makes pipelines of {@link ResilienceSettings} and keeps what they know when these change. */
final class FromSettings<T> {
  private final List<Policy> present;
  private final PipelineBuilder<T> builder;

  private FromSettings(List<Policy> present, PipelineBuilder<T> builder) {
    this.present = present;
    this.builder = builder;
  }

  /** The steps for these settings, with those of the present policies that are still wanted. */
  static <T> Pipeline.Compiled<T> compile(
      String name, ResilienceSettings settings, List<Policy> present) {
    return new FromSettings<T>(present, Pipeline.named(name)).compile(name, settings);
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
    return builder.compile();
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
