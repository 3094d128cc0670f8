package io.fairlead.cli;

import io.fairlead.xds.KeptConfiguration;
import io.fairlead.xds.WorkloadCertificate;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is to be kept, on a thread of its own so that no configuration waits for a disk. What
 * is replaced before it was written is never written. Safe for many threads.
 */
final class StateKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateKeeper.class);

  private final StateFolder folder;
  private final AtomicReference<@Nullable KeptConfiguration> configuration =
      new AtomicReference<>();
  private final AtomicReference<@Nullable WorkloadCertificate> identity = new AtomicReference<>();
  private final Thread writer;
  private volatile boolean closed;

  StateKeeper(StateFolder folder) {
    this.folder = folder;
    writer = Thread.ofPlatform().daemon().name("state-keeper").start(this::run);
  }

  StateFolder folder() {
    return folder;
  }

  void keep(KeptConfiguration accepted) {
    configuration.set(accepted);
    LockSupport.unpark(writer);
  }

  void keep(WorkloadCertificate certificate) {
    identity.set(certificate);
    LockSupport.unpark(writer);
  }

  private void run() {
    while (true) {
      boolean last = closed;
      write();
      if (last) {
        return;
      }
      if (configuration.get() == null && identity.get() == null && !closed) {
        LockSupport.park(this);
      }
    }
  }

  private void write() {
    try {
      var certificate = identity.getAndSet(null);
      if (certificate != null) {
        folder.keep(certificate);
      }
      var accepted = configuration.getAndSet(null);
      if (accepted != null) {
        folder.keep(accepted);
      }
    } catch (IOException failed) {
      LOG.error("what is needed to start without the control plane cannot be kept: {}", failed);
    }
  }

  /** Writes what is still to be written. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(writer);
    try {
      writer.join(5_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
