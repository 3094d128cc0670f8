package io.fairlead.outbox;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Handles the messages of one topic. Made by {@link Outbox#worker}; safe for all threads.
 *
 * <p>A thread takes the message that is due for longest, which leases it to this worker, handles it
 * and records the outcome. An outcome that comes after the lease has ended counts only if no other
 * worker took the message meanwhile. Between messages a thread sleeps until one is enqueued in this
 * process, until one is due, or for the poll interval.
 */
public final class Worker implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Worker.class.getName());

  private final Outbox outbox;
  private final Store store;
  private final Messages messages;
  private final String topic;
  private final WorkerSettings settings;
  private final Handler handler;
  private final LongAdder done = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder dead = new LongAdder();
  private final LongAdder postponed = new LongAdder();
  private final LongAdder lostLeases = new LongAdder();
  private final LongAdder storeFailures = new LongAdder();
  private final ReentrantLock lifeCycle = new ReentrantLock();
  private volatile List<Thread> threads = List.of();
  private volatile boolean stopped;

  Worker(Outbox outbox, String topic, WorkerSettings settings, Handler handler) {
    this.outbox = outbox;
    this.store = outbox.store();
    this.messages = store.messages();
    this.topic = topic;
    this.settings = settings;
    this.handler = handler;
  }

  /** Starts platform threads, since each of them waits for the disk. */
  public Worker start() {
    return start(Thread.ofPlatform().daemon().name("outbox-" + topic + "-", 1).factory());
  }

  /** Starts as many threads of this factory as messages may be handled at a time. */
  public Worker start(ThreadFactory factory) {
    lifeCycle.lock();
    try {
      if (stopped || !threads.isEmpty()) {
        throw new IllegalStateException("the worker of " + topic + " was started before");
      }
      List<Thread> made = new ArrayList<>();
      for (int i = 0; i < settings.concurrency(); i++) {
        made.add(factory.newThread(this::work));
      }
      threads = List.copyOf(made);
      made.forEach(Thread::start);
    } finally {
      lifeCycle.unlock();
    }
    return this;
  }

  /**
   * Handles one message that is due, on the calling thread: what each thread of a started worker
   * does. False if none is due.
   *
   * @throws InterruptedException if the handler was interrupted, which is no attempt; its message
   *     is due again after the poll interval
   */
  public boolean handleOne() throws InterruptedException {
    if (untilDue() > 0) {
      return false; // Reading only, so that idle workers do not lock each other out.
    }
    long token = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    var lease = new Lease(token, settings.lease().toMillis());
    int maxAttempts = settings.retry().maxRetries() + 1;
    Optional<Message> message =
        store.transaction(open -> messages.take(open, lease, topic, maxAttempts));
    if (message.isEmpty()) {
      return false;
    }
    handle(message.get(), lease);
    return true;
  }

  private long untilDue() {
    return store.read(open -> messages.untilDue(open, topic));
  }

  /** What this worker has done. */
  public WorkerSnapshot snapshot() {
    return new WorkerSnapshot(
        done.sum(),
        failed.sum(),
        dead.sum(),
        postponed.sum(),
        lostLeases.sum(),
        storeFailures.sum());
  }

  /**
   * Takes no more messages and waits, at most for a lease, until those under way are handled; then
   * it interrupts their handlers. What is not handled is due again when its lease ends.
   */
  @Override
  public void close() {
    lifeCycle.lock();
    try {
      stopped = true;
      wake();
      long until = System.nanoTime() + settings.lease().toNanos();
      threads.forEach(thread -> end(thread, until));
      threads = List.of();
    } finally {
      lifeCycle.unlock();
    }
    outbox.forget(this);
  }

  private static void end(Thread thread, long untilNanos) {
    boolean interrupted = thread == Thread.currentThread() || !join(thread, untilNanos);
    if (interrupted) {
      thread.interrupt();
    }
  }

  private static boolean join(Thread thread, long untilNanos) {
    try {
      return thread.join(Duration.ofNanos(untilNanos - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  void wake(String enqueued) {
    if (enqueued.equals(topic)) {
      wake();
    }
  }

  void wake() {
    threads.forEach(LockSupport::unpark);
  }

  private void work() {
    while (!stopped) {
      try {
        if (!handleOne()) {
          LockSupport.parkNanos(this, untilNextNanos());
        }
      } catch (InterruptedException e) {
        // The message is due again; this thread ends only when the worker is closed.
        continue;
      } catch (OutboxException | IllegalStateException e) {
        failed(e);
      }
      // What a handler left behind would keep the thread from sleeping.
      boolean leftBehind = Thread.interrupted() && !stopped;
      if (leftBehind) {
        LOG.log(Level.DEBUG, "a handler of " + topic + " left its thread interrupted");
      }
    }
  }

  private void failed(RuntimeException failure) {
    if (stopped) {
      return; // The outbox was closed under a handler that took too long.
    }
    storeFailures.increment();
    if (storeFailures.sum() == 1) {
      LOG.log(Level.WARNING, "the worker of " + topic + " goes on after a failure", failure);
    }
    LockSupport.parkNanos(this, settings.pollInterval().toNanos());
  }

  private long untilNextNanos() {
    long wait = Math.min(pollMillis(), untilDue());
    return TimeUnit.MILLISECONDS.toNanos(Math.max(1, wait));
  }

  private void handle(Message message, Lease lease) throws InterruptedException {
    Handled handled;
    try {
      handled = handler.handle(message);
    } catch (InterruptedException e) {
      record(message, lease, null);
      throw e;
    } catch (Throwable e) {
      // Whatever it was, the message has a next attempt and the thread has a next message.
      handled = Handled.failed(e.toString());
    }
    record(message, lease, handled);
  }

  /**
   * Tries again for as long as a lease: what was done would be done twice if nobody recorded it. A
   * record whose answer was lost counts as a lost lease, since the second one finds nothing to do.
   */
  private void record(Message message, Lease lease, @Nullable Handled handled) {
    long start = System.nanoTime();
    while (true) {
      try {
        count(message, handled, recorded(message, lease, handled));
        return;
      } catch (OutboxException e) {
        boolean late = System.nanoTime() - start >= settings.lease().toNanos();
        if (late || stopped || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        failed(e);
      }
    }
  }

  /** Null is an interrupted attempt, which is none. False if the lease was lost. */
  private boolean recorded(Message message, Lease lease, @Nullable Handled handled) {
    long id = message.id();
    return store.transaction(
        open ->
            switch (handled) {
              case null -> messages.postpone(open, id, lease, pollMillis());
              case Handled.Done ok -> messages.complete(open, id, lease);
              case Handled.Rejected rejected -> messages.bury(open, id, lease, rejected.reason());
              case Handled.Postponed later ->
                  messages.postpone(open, id, lease, later.delay().toMillis());
              case Handled.Failed failure ->
                  last(message)
                      ? messages.bury(open, id, lease, failure.reason())
                      : messages.retry(open, id, lease, waitMillis(message), failure.reason());
            });
  }

  private void count(Message message, @Nullable Handled handled, boolean held) {
    if (!held) {
      lostLeases.increment();
      return;
    }
    switch (handled) {
      case null -> postponed.increment();
      case Handled.Done ok -> done.increment();
      case Handled.Rejected rejected -> dead.increment();
      case Handled.Postponed later -> postponed.increment();
      case Handled.Failed failure -> (last(message) ? dead : failed).increment();
    }
  }

  private boolean last(Message message) {
    return message.attempt() > settings.retry().maxRetries();
  }

  private long waitMillis(Message message) {
    DoubleSupplier random = ThreadLocalRandom.current()::nextDouble;
    long nanos = settings.retry().waitNanos(message.attempt() - 1, random);
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  private long pollMillis() {
    return settings.pollInterval().toMillis();
  }
}
