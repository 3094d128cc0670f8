package io.fairlead.resilience.reactor;

import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.ThreadPoolBulkhead;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/**
 * A Mono whose every subscription is one asynchronous call of a pipeline. Safe for all threads.
 *
 * <p>The library's timers run on one thread of the JDK, which must not be held by what others
 * subscribed: whatever such a timer causes goes on on a thread of Reactor.
 */
final class GuardedMono<T> {
  private final Mono<T> source;
  private final Pipeline<T> pipeline;

  GuardedMono(Mono<T> source, Pipeline<T> pipeline) {
    this.source = source;
    this.pipeline = pipeline;
  }

  Mono<T> mono() {
    return Mono.create(sink -> new Call(sink).begin());
  }

  /** One subscription. */
  private final class Call {
    private final MonoSink<T> sink;

    /** The thread that subscribes or on which the source signals, and which may be used. */
    private volatile @Nullable Thread ours;

    private volatile boolean cancelled;

    Call(MonoSink<T> sink) {
      this.sink = sink;
    }

    void begin() {
      Thread before = enter();
      try {
        CompletionStage<T> stage = pipeline.callAsync(this::attempt);
        CompletableFuture<T> future = stage.toCompletableFuture();
        stage.whenComplete(this::ended);
        sink.onCancel(
            () -> {
              cancelled = true;
              future.cancel(true);
            });
      } finally {
        ours = before;
      }
    }

    private @Nullable Thread enter() {
      Thread before = ours;
      ours = Thread.currentThread();
      return before;
    }

    private CompletionStage<T> attempt() {
      // A thread of a pool is where its pipeline wants the work; any other was a timer's.
      boolean here =
          ours == Thread.currentThread() || pipeline.policy(ThreadPoolBulkhead.class).isPresent();
      var attempt = new Attempt<T>(sink.contextView(), this::signal, this::execute);
      (here ? source : source.subscribeOn(Schedulers.parallel())).subscribe(attempt);
      return attempt;
    }

    private void signal(Runnable end) {
      Thread before = enter();
      try {
        end.run();
      } finally {
        ours = before;
      }
    }

    private void ended(@Nullable T value, @Nullable Throwable failure) {
      if (!cancelled) {
        execute(() -> emit(value, failure));
      }
    }

    /** Here, unless this is the thread of a timer. */
    private void execute(Runnable step) {
      if (cancelled || ours == Thread.currentThread()) {
        step.run();
      } else {
        Schedulers.parallel().schedule(step);
      }
    }

    private void emit(@Nullable T value, @Nullable Throwable failure) {
      if (failure != null) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : null;
        sink.error(cause == null ? failure : cause);
      } else if (value != null) {
        sink.success(value);
      } else {
        sink.success();
      }
    }
  }
}
