package io.fairlead.resilience;

import java.lang.System.Logger.Level;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What policies tell, in a queue of bounded length that somebody else reads. Safe for all threads.
 *
 * <p>The call that caused an event only puts it in the queue, and drops it, counted, if the queue
 * is full: whatever the reader does, it can neither slow a call nor break it. Rejected calls and
 * outcomes are no events, since there are as many as calls; snapshots count them. One reader at a
 * time gets the events in order.
 */
public final class PolicyEvents {
  private static final System.Logger LOG = System.getLogger(PolicyEvents.class.getName());
  private static final PolicyEvents NONE = new PolicyEvents(1);

  private final BlockingQueue<PolicyEvent> queue;
  private final LongAdder dropped = new LongAdder();
  private final LongAdder failed = new LongAdder();

  /** A queue of this length, 1 to 1,000,000. */
  public PolicyEvents(int capacity) {
    Require.within("capacity", capacity, 1, 1_000_000);
    queue = new ArrayBlockingQueue<>(capacity);
  }

  /** Events that nobody reads. */
  public static PolicyEvents none() {
    return NONE;
  }

  void publish(PolicyEvent event) {
    if (this != NONE && !queue.offer(event)) {
      dropped.increment();
    }
  }

  /** The next event, or null if there is none. */
  public @Nullable PolicyEvent poll() {
    return queue.poll();
  }

  /** The next event, which may come within this time, or null. */
  public @Nullable PolicyEvent poll(long timeout, TimeUnit unit) throws InterruptedException {
    return queue.poll(timeout, unit);
  }

  /**
   * Hands every event to the reader, on a virtual thread of its own, until the returned handle is
   * closed. What the reader throws is counted, the first is logged, and it gets the next event.
   */
  public Subscription subscribe(Consumer<? super PolicyEvent> reader) {
    var closed = new AtomicBoolean();
    Thread thread =
        Thread.ofVirtual()
            .name("fairlead-events")
            .inheritInheritableThreadLocals(false)
            .start(() -> readAll(reader, closed));
    return () -> {
      // Beside the interrupt, which the reader may swallow.
      closed.set(true);
      thread.interrupt();
    };
  }

  /** Events reach a reader until it is closed; closing it again does nothing. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  private void readAll(Consumer<? super PolicyEvent> reader, AtomicBoolean closed) {
    while (!closed.get() && !Thread.currentThread().isInterrupted()) {
      try {
        reader.accept(queue.take());
      } catch (InterruptedException interrupted) {
        return;
      } catch (Throwable e) {
        failed.increment();
        if (failed.sum() == 1) {
          LOG.log(Level.WARNING, "a reader of policy events failed", e);
        }
      }
    }
  }

  /** Events that came while the queue was full, since the start. */
  public long dropped() {
    return dropped.sum();
  }

  /** Exceptions that subscribed readers threw, since the start. */
  public long failedReads() {
    return failed.sum();
  }

  @Override
  public String toString() {
    return "policy events: %d waiting, %d dropped, %d reads failed"
        .formatted(queue.size(), dropped(), failedReads());
  }
}
