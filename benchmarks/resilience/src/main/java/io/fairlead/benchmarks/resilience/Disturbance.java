package io.fairlead.benchmarks.resilience;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long the measuring thread had no processor during an iteration, because others had it. The
 * counters stand beside each iteration in JMH's results, summed over the threads, so that disturbed
 * iterations can be told from quiet ones. Each thread has its own.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Disturbance {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Nanoseconds of the iteration in which this thread did not run. */
  public long lostNanos;

  /** Nanoseconds of the iteration. */
  public long wallNanos;

  private long wallAtStart;
  private long cpuAtStart;

  /** Before the first call of an iteration. */
  @Setup(Level.Iteration)
  public void start() {
    cpuAtStart = THREADS.getCurrentThreadCpuTime();
    wallAtStart = System.nanoTime();
  }

  /** After the last call of an iteration. */
  @TearDown(Level.Iteration)
  public void end() {
    wallNanos = System.nanoTime() - wallAtStart;
    lostNanos = Math.max(0, wallNanos - (THREADS.getCurrentThreadCpuTime() - cpuAtStart));
  }
}
