package io.fairlead.discovery;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One self-registration. Its thread alone talks to the registry: it registers what was not told
 * yet, else sends a heartbeat, and then sleeps until the next one is due or something changes.
 */
final class RegistrationLoop implements Registration {
  private static final Logger LOG = System.getLogger(RegistrationLoop.class.getName());
  private static final int HEARTBEATS_PER_LEASE = 3;

  private final RegistryApi api;
  private final RegistryClientSettings settings;
  private final Duration lease;
  private final Runnable onEnd;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private RegistrationState state = new RegistrationState.Pending("not tried yet");
  private Instance wanted;
  private @Nullable Instance told;
  private boolean closing;

  RegistrationLoop(
      RegistryApi api,
      RegistryClientSettings settings,
      RegistrationRequest request,
      Runnable onEnd) {
    this.api = api;
    this.settings = settings;
    this.wanted = request.instance();
    this.lease = request.lease();
    this.onEnd = onEnd;
    var name = "fairlead-registration-" + request.instance().key();
    this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  @Override
  public Instance instance() {
    lock.lock();
    try {
      return wanted;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public RegistrationState state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitRegistered(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (state instanceof RegistrationState.Pending && left > 0) {
        left = changed.awaitNanos(left);
      }
      return state instanceof RegistrationState.Registered;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void update(Instance newInstance) {
    lock.lock();
    try {
      if (!newInstance.key().equals(wanted.key())) {
        throw new IllegalArgumentException(
            "newInstance: must be " + wanted.key() + ", was " + newInstance.key());
      }
      wanted = newInstance;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      // Two bounds: one exchange may be under way, the deregistration follows it.
      if (!thread.join(settings.requestTimeout().multipliedBy(2))) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      int failures = 0;
      for (var next = next(); next != null; next = next()) {
        failures = attempt(next) ? 0 : failures + 1;
        rest(next, failures);
      }
      deregister();
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, "registration of " + wanted.key() + " was interrupted");
    } finally {
      become(new RegistrationState.Closed());
      onEnd.run();
    }
  }

  /** What the registry shall know, or null when the loop is to end. */
  private @Nullable Instance next() {
    lock.lock();
    try {
      return closing ? null : wanted;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the registry answered, be it with a refusal. */
  private boolean attempt(Instance instance) throws InterruptedException {
    try {
      if (!instance.equals(told) || !api.heartbeat(instance.key())) {
        told = null;
        api.put(new RegistrationRequest(instance, lease));
        told = instance;
      }
      become(new RegistrationState.Registered());
      return true;
    } catch (RegistryException e) {
      if (e.isFinal()) {
        told = null;
        become(new RegistrationState.Refused(e.problem()));
        return true;
      }
      become(new RegistrationState.Pending(e.problem().detail()));
    } catch (IOException e) {
      become(new RegistrationState.Pending(e.toString()));
    }
    return false;
  }

  private void rest(Instance tried, int failures) throws InterruptedException {
    double share = ThreadLocalRandom.current().nextDouble();
    lock.lockInterruptibly();
    try {
      long left = Long.MAX_VALUE;
      if (failures > 0) {
        left = settings.backoff().delay(failures, share).toNanos();
      } else if (state instanceof RegistrationState.Registered) {
        left = lease.dividedBy(HEARTBEATS_PER_LEASE).toNanos();
      }
      while (!closing && wanted.equals(tried) && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private void deregister() throws InterruptedException {
    if (state() instanceof RegistrationState.Refused) {
      return;
    }
    try {
      api.delete(wanted.key());
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "deregistration of " + wanted.key() + " failed, its lease will run out within " + lease,
          e);
    }
  }

  private void become(RegistrationState next) {
    lock.lock();
    try {
      // A reason that varies from attempt to attempt is not news.
      if (!next.getClass().equals(state.getClass())) {
        LOG.log(level(next), "registration of {0}: {1}", wanted.key(), next);
      }
      state = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static Level level(RegistrationState state) {
    return switch (state) {
      case RegistrationState.Pending pending -> Level.WARNING;
      case RegistrationState.Refused refused -> Level.ERROR;
      case RegistrationState.Registered registered -> Level.INFO;
      case RegistrationState.Closed closed -> Level.DEBUG;
    };
  }
}
