package io.fairlead.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Policies around calls, in the order in which they were written, compiled once. Safe for all
 * threads; holds no lock while a call is made. A call that succeeds at once allocates nothing for
 * retries, rate limits, breakers, bulkheads and timeouts.
 *
 * <pre>{@code
 * Pipeline<Receipt> payment =
 *     Pipeline.<Receipt>named("payment")
 *         .fallback(Fallback.value(Receipt.PENDING))
 *         .retry(RetrySettings.defaults())
 *         .circuitBreaker(CircuitBreakerSettings.defaults())
 *         .bulkhead(BulkheadSettings.defaults())
 *         .timeout(Duration.ofSeconds(2))
 *         .build();
 * Receipt receipt = payment.call(() -> bank.charge(order));
 * }</pre>
 *
 * @param <T> what the calls give
 */
public final class Pipeline<T> implements Policy {
  private final String name;
  private final ReentrantLock reconfiguring = new ReentrantLock();
  private final boolean fromSettings;
  private final @Nullable ThreadPoolBulkhead pool;
  private volatile Compiled<T> compiled;

  /** The steps and the policies in them, the outermost first. */
  record Compiled<T>(Step<T> first, List<Policy> policies) {
    Compiled {
      policies = List.copyOf(policies);
    }
  }

  /** Of a builder. */
  Pipeline(String name, Compiled<T> compiled) {
    this.name = name;
    this.compiled = compiled;
    fromSettings = false;
    pool = null;
  }

  private Pipeline(String name, ResilienceSettings settings, @Nullable ThreadPoolBulkhead pool) {
    this.name = name;
    this.pool = pool;
    fromSettings = true;
    compiled = FromSettings.compile(name, settings, List.of(), pool);
  }

  /** A pipeline to be written down; the name is that of the policies given as settings. */
  public static <T> PipelineBuilder<T> named(String name) {
    return new PipelineBuilder<>(name);
  }

  /**
   * The policies that are set, in this order: deadline ({@code timeout.request}), retry, rate
   * limit, circuit breaker, bulkhead. It is what a {@code ResiliencePolicy} means in process;
   * connect and idle timeouts are for whoever owns the connection, and {@code process} is for
   * {@link ProcessBulkhead}, since a pipeline starts no processes. Nor does it start threads, which
   * nobody would close.
   *
   * @throws IllegalArgumentException if {@code threadPool} is set; use {@link #of(String,
   *     ResilienceSettings, ThreadPoolBulkhead)}
   */
  public static <T> Pipeline<T> of(String name, ResilienceSettings settings) {
    return new Pipeline<>(name, settings, null);
  }

  /**
   * As {@link #of(String, ResilienceSettings)}, and the calls are made on the threads of this pool
   * while {@code threadPool} is set: innermost, so that who waits for a thread holds a place. The
   * pool gets those settings; it stays its maker's, who closes it when the pipeline is done.
   *
   * <pre>{@code
   * var pool = new ThreadPoolBulkhead("payment", settings.threadPool().orElseThrow());
   * Pipeline<Receipt> payment = Pipeline.of("payment", settings, pool);
   * }</pre>
   */
  public static <T> Pipeline<T> of(
      String name, ResilienceSettings settings, ThreadPoolBulkhead pool) {
    return new Pipeline<>(name, settings, pool);
  }

  /**
   * Makes the call on this thread, and waits where its policies wait.
   *
   * @throws RejectedCallException if a policy did not let it through and there is no fallback
   * @throws CallTimeoutException if it took too long and there is no fallback
   * @throws InterruptedException if interrupted while waiting for a turn or the next try
   * @throws Exception what the last try threw, as it is
   */
  public T call(Callable<? extends T> work) throws Exception {
    return compiled.first.call(work);
  }

  /** As {@link #call(Callable)}, with a fallback for this call alone. */
  public T call(Callable<? extends T> work, Fallback<T> fallback) throws Exception {
    return new Rescue<>(fallback, compiled.first).call(work);
  }

  /**
   * As {@link #call(Callable)} for work without checked exceptions.
   *
   * @throws CancellationException if interrupted while waiting; the thread stays interrupted
   * @throws CompletionException with the cause, if a fallback threw a checked exception
   */
  public T get(Supplier<? extends T> work) {
    try {
      return call(work::get);
    } catch (RuntimeException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var cancelled = new CancellationException("interrupted in pipeline " + name);
      cancelled.initCause(e);
      throw cancelled;
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  /** As {@link #get(Supplier)} for work without a result, in a pipeline of any. */
  public void run(Runnable work) {
    get(
        () -> {
          work.run();
          return null;
        });
  }

  /**
   * Begins the call and waits for nothing on this thread: a bulkhead that is full rejects, waits
   * between tries are timers. Never throws; what fails fails the stage. Cancelling it by {@code
   * toCompletableFuture().cancel} cancels the work's own stage. Fallbacks and tests of results run
   * where the work's stage ends.
   */
  public CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> work) {
    return begin(compiled.first, work);
  }

  /** As {@link #callAsync(Supplier)}, with a fallback for this call alone. */
  public CompletionStage<T> callAsync(
      Supplier<? extends CompletionStage<T>> work, Fallback<T> fallback) {
    return begin(new Rescue<>(fallback, compiled.first), work);
  }

  private static <T> CompletionStage<T> begin(
      Step<T> first, Supplier<? extends CompletionStage<T>> work) {
    return Stages.begin(() -> first.callAsync(work, Step.Until.NEVER));
  }

  /**
   * Lets a call in that ends elsewhere or much later, as one that reads a stream to its end. The
   * rate limits, breakers and bulkheads of the pipeline are asked; its other policies are not,
   * since they need the work itself.
   *
   * @throws RejectedCallException if one of them does not let it in
   */
  public CallPermit<T> enter() {
    List<Guard<T>.Entry> entries = new ArrayList<>();
    try {
      for (Step<T> step = compiled.first; step != null; step = step.inner()) {
        if (step instanceof Guard<T> guard) {
          entries.add(guard.enter());
        }
      }
      return new CallPermit<>(entries);
    } catch (Throwable e) {
      entries.forEach(Guard.Entry::ignored);
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** Whether every policy in it is at rest. */
  @Override
  public boolean isAtRest() {
    return policies().stream().allMatch(Policy::isAtRest);
  }

  /** The policies in it, the outermost first. */
  public List<Policy> policies() {
    return compiled.policies;
  }

  /** The outermost policy of this type, if there is one. */
  public <P extends Policy> Optional<P> policy(Class<P> type) {
    return policies().stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  /**
   * Puts other settings in force while calls go on. A policy that stays keeps its state; one that
   * is no longer set ends, one that is new begins. Calls under way end by what they began with.
   *
   * @throws IllegalStateException if this pipeline was not made by {@link #of}; then its policies
   *     are to be reconfigured one by one
   * @throws IllegalArgumentException if {@code threadPool} is set and the pipeline was given no
   *     pool; nothing has changed then
   */
  public void reconfigure(ResilienceSettings settings) {
    if (!fromSettings) {
      throw new IllegalStateException(
          "pipeline " + name + ": was written step by step, so its policies change one by one");
    }
    reconfiguring.lock();
    try {
      compiled = FromSettings.compile(name, settings, policies(), pool);
    } finally {
      reconfiguring.unlock();
    }
  }

  @Override
  public String toString() {
    return policies().stream()
        .map(Object::toString)
        .collect(Collectors.joining("; ", "pipeline " + name + ": ", ""));
  }
}
