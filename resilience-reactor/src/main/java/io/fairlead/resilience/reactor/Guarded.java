package io.fairlead.resilience.reactor;

import io.fairlead.resilience.Pipeline;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Puts a {@link Pipeline} around a {@link Mono} or a {@link Flux}. Stateless; what it gives is safe
 * for all threads, as the pipeline is. Each subscription is one call, and no thread waits.
 *
 * <pre>{@code
 * Mono<Receipt> receipt = client.charge(order).transform(Guarded.mono(payment));
 * Flux<Event> events = client.follow(order).transform(Guarded.flux(stream));
 * }</pre>
 *
 * A call that is not let in ends with the policy's own exception as its error. A cancelled
 * subscription gives everything back and says nothing of the called side. The context of the
 * subscriber reaches the guarded publisher. A bulkhead that is full rejects at once, whatever its
 * {@code maxWait} is. Tries after the first, and errors that a timer brings, are signalled on
 * {@code Schedulers.parallel()}; everything else stays on the thread that it comes from.
 */
public final class Guarded {
  private Guarded() {}

  /**
   * Every policy of the pipeline, as {@link Pipeline#callAsync} has them: fallbacks, deadlines,
   * retries, hedges and thread pools included. An empty Mono is a result of null for what the
   * pipeline asks about results. Nothing is let in before there is a subscriber, and the value
   * waits until it is requested.
   */
  public static <T> Function<Mono<T>, Mono<T>> mono(Pipeline<T> pipeline) {
    return source -> new GuardedMono<>(source, pipeline).mono();
  }

  /**
   * The rate limits, circuit breakers and bulkheads of the pipeline, entered at the subscription
   * and left at the end of the stream, which is how long its call takes; its retries, as long as no
   * element was emitted, each of which enters anew; and its timeouts, which bound the stream as a
   * whole, before a retry all tries together and after it each of them. Requests reach the source
   * as they are.
   *
   * <p>Fallbacks and the pipeline's own predicates of retries are for single results and are not
   * asked; {@code onErrorResume} does the same here. A stream under any other policy, such as a
   * hedge or a thread pool, ends with an {@link IllegalArgumentException} that names it.
   */
  public static <T> Function<Flux<T>, Flux<T>> flux(Pipeline<T> pipeline) {
    return source -> Flux.defer(() -> new GuardedFlux<>(source, pipeline).flux());
  }
}
