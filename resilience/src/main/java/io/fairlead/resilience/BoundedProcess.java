package io.fairlead.resilience;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A process in a control group of its own, started by a {@link ProcessBulkhead}. Safe for all
 * threads.
 */
public final class BoundedProcess {
  /** What the kernel gets to end killed processes. */
  private static final long KILL_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final System.Logger LOG = System.getLogger(BoundedProcess.class.getName());

  private final String name;
  private final Process process;
  private final Cgroup cgroup;
  private final CompletableFuture<ProcessEnd> end;
  private volatile ProcessLimits limits;

  /** The figures at the end, when the group is gone. */
  private volatile @Nullable BoundedProcessSnapshot last;

  BoundedProcess(String name, Process process, Cgroup cgroup, ProcessLimits limits) {
    this.name = name;
    this.process = process;
    this.cgroup = cgroup;
    this.limits = limits;
    end = process.onExit().thenApplyAsync(ended -> tidyUp(), Thread::startVirtualThread);
  }

  /** The process itself, for its streams. */
  public Process process() {
    return process;
  }

  /**
   * How it ended: done when the process has ended, what it left behind is killed and its group is
   * gone. A group that cannot be removed is logged.
   */
  public CompletionStage<ProcessEnd> end() {
    return end.copy();
  }

  /**
   * Ends the process and all that it started: asks it first, and after the grace kills all. Waits
   * at most the grace and about ten seconds.
   *
   * @return whether everything is gone
   * @throws InterruptedException if interrupted while waiting; everything is killed then
   */
  public boolean kill(Duration grace) throws InterruptedException {
    Require.notNegative("grace", grace);
    boolean asked = false;
    try {
      process.destroy();
      asked = process.waitFor(grace.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      if (!asked) {
        process.destroyForcibly();
        cgroup.killAll();
      }
    }
    long until = System.nanoTime() + 2 * KILL_NANOS;
    while (!end.isDone() && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(this, PAUSE_NANOS);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    return end.isDone();
  }

  /** The limits in force. */
  public ProcessLimits limits() {
    return limits;
  }

  /**
   * Puts other limits in force while the process runs.
   *
   * @throws IOException if the kernel refuses them, such as less memory than it can free in version
   *     1; the message names the file, and limits before that one are in force
   */
  public void reconfigure(ProcessLimits other) throws IOException {
    cgroup.limit(other);
    limits = other;
  }

  /** What it uses now. */
  public BoundedProcessSnapshot snapshot() {
    BoundedProcessSnapshot ended = last;
    return ended != null ? ended : read();
  }

  @Override
  public String toString() {
    BoundedProcessSnapshot now = snapshot();
    return "process %d in %s: %d of %d bytes, %s processors, throttled %s, %d killed for memory"
        .formatted(
            now.pid(),
            name,
            now.memoryBytes(),
            now.limits().memoryBytes(),
            now.limits().cpus(),
            Duration.ofNanos(now.throttledNanos()),
            now.memoryKills());
  }

  private BoundedProcessSnapshot read() {
    return new BoundedProcessSnapshot(
        name,
        process.pid(),
        limits,
        cgroup.memoryBytes(),
        cgroup.throttledNanos(),
        cgroup.memoryKills());
  }

  private ProcessEnd tidyUp() {
    BoundedProcessSnapshot figures = read();
    last = figures;
    long until = System.nanoTime() + KILL_NANOS;
    while (true) {
      try {
        cgroup.remove();
        break;
      } catch (IOException e) {
        // Something it started still runs, or ended just now and is not yet reaped.
        if (System.nanoTime() - until >= 0) {
          LOG.log(Level.WARNING, "the control group " + name + " cannot be removed", e);
          break;
        }
        cgroup.killAll();
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
    return new ProcessEnd(process.exitValue(), figures.memoryKills());
  }
}
