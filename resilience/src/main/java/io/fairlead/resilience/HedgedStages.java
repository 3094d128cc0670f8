package io.fairlead.resilience;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The tries of one hedged call that are stages. Safe for all threads, without locks. */
final class HedgedStages<T> {
  /** Not the timer's thread, which the whole process shares. */
  private static final Executor VIRTUAL = Thread::startVirtualThread;

  private final Hedge hedge;
  private final HedgeSettings settings;
  private final Ticker ticker;
  private final @Nullable Deadline deadline;
  private final Supplier<? extends CompletionStage<T>> supplier;
  private final CompletableFuture<T> result = new CompletableFuture<>();

  /** Tries started and not failed; once 0, no other may start. */
  private final AtomicInteger running = new AtomicInteger(1);

  private final AtomicReferenceArray<@Nullable CompletionStage<T>> stages;
  private final AtomicReferenceArray<@Nullable Throwable> failures;
  private volatile @Nullable CompletableFuture<?> timer;

  HedgedStages(
      Hedge hedge,
      HedgeSettings settings,
      Ticker ticker,
      @Nullable Deadline deadline,
      Supplier<? extends CompletionStage<T>> supplier) {
    this.hedge = hedge;
    this.settings = settings;
    this.ticker = ticker;
    this.deadline = deadline;
    this.supplier = supplier;
    stages = new AtomicReferenceArray<>(settings.maxHedges() + 1);
    failures = new AtomicReferenceArray<>(settings.maxHedges() + 1);
  }

  CompletionStage<T> start() {
    result.whenComplete((value, failure) -> cancelAll());
    long startedNanos = ticker.nanos();
    attempt(0);
    hedgeLater(1, startedNanos + settings.delay().toNanos());
    return result;
  }

  private void attempt(int number) {
    CompletionStage<T> stage;
    try {
      stage = Objects.requireNonNull(supplier.get(), "the supplier gave no stage");
    } catch (Throwable e) {
      lost(number, e);
      return;
    }
    stages.set(number, stage);
    if (result.isDone()) {
      cancel(stage);
    }
    stage.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            if (result.complete(value)) {
              hedge.tellWinner(number);
            }
          } else {
            lost(number, failure);
          }
        });
  }

  private void hedgeLater(int number, long atNanos) {
    if (number > settings.maxHedges() || result.isDone()) {
      return;
    }
    CompletableFuture<@Nullable Void> wait = new CompletableFuture<>();
    timer = wait;
    wait.completeOnTimeout(null, Math.max(0, atNanos - ticker.nanos()), TimeUnit.NANOSECONDS)
        .thenRunAsync(() -> hedge(number, atNanos), VIRTUAL);
    if (result.isDone()) {
      wait.cancel(false);
    }
  }

  private void hedge(int number, long atNanos) {
    if (atNanos - ticker.nanos() > 0) {
      hedgeLater(number, atNanos);
      return;
    }
    if (result.isDone() || !join()) {
      return;
    }
    if (!hedge.granted(deadline)) {
      leave();
      return;
    }
    long startedNanos = ticker.nanos();
    attempt(number);
    hedgeLater(number + 1, startedNanos + settings.delay().toNanos());
  }

  /** Counts one more try as running, unless all have failed already. */
  private boolean join() {
    return running.getAndUpdate(tries -> tries == 0 ? 0 : tries + 1) > 0;
  }

  private void lost(int number, Throwable failure) {
    boolean wrapped = failure instanceof CompletionException && failure.getCause() != null;
    failures.set(number, wrapped ? failure.getCause() : failure);
    leave();
  }

  /** Who leaves last tells the failure; it may be a hedge that was not granted. */
  private void leave() {
    if (running.decrementAndGet() > 0 || result.isDone()) {
      return;
    }
    var all = new @Nullable Throwable[failures.length()];
    Arrays.setAll(all, failures::get);
    if (result.completeExceptionally(Hedge.together(Arrays.asList(all)))) {
      hedge.tellFailed();
    }
  }

  private void cancelAll() {
    CompletableFuture<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
    for (int i = 0; i < stages.length(); i++) {
      CompletionStage<T> stage = stages.get(i);
      if (stage != null) {
        cancel(stage);
      }
    }
  }

  /** Some stages cannot be cancelled, which then end by themselves. */
  private static void cancel(CompletionStage<?> stage) {
    CompletableFuture<?> future;
    try {
      future = stage.toCompletableFuture();
    } catch (UnsupportedOperationException e) {
      return;
    }
    future.cancel(true);
  }
}
