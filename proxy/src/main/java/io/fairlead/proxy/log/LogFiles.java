package io.fairlead.proxy.log;

import io.fairlead.resilience.Ticker;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The files of all access logs of a data plane and the one thread that writes them. Logs with one
 * path share one file, across listeners and configurations. Without a log there is no thread. Safe
 * for all threads.
 */
public final class LogFiles implements AutoCloseable {
  /** Octets of lines of one file that may wait. */
  private static final long MAX_BYTES = 4 << 20;

  /**
   * Lines that come within this time of each other are written together, without waking anybody.
   */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LAST_LINES_MILLIS = 1_000;

  private final Ticker ticker;
  private final long maxBytes;
  private final ConcurrentHashMap<String, LogFile> files = new ConcurrentHashMap<>();
  private @Nullable Thread thread;
  private volatile boolean asleep;
  private volatile boolean closed;

  public LogFiles(Ticker ticker) {
    this(ticker, MAX_BYTES);
  }

  LogFiles(Ticker ticker, long maxBytes) {
    this.ticker = ticker;
    this.maxBytes = maxBytes;
  }

  /** The file of this path; opened with its first line. */
  public LogFile file(String path) {
    start();
    return files.computeIfAbsent(path, p -> new LogFile(p, maxBytes, ticker, this::wakeUp));
  }

  /** All files, by path. */
  public List<LogFile> all() {
    return files.values().stream().sorted(Comparator.comparing(LogFile::path)).toList();
  }

  private synchronized void start() {
    if (thread == null && !closed) {
      thread = Thread.ofPlatform().daemon().name("fairlead-access-log").start(this::run);
    }
  }

  private void wakeUp() {
    if (asleep) {
      asleep = false;
      unpark();
    }
  }

  private synchronized void unpark() {
    LockSupport.unpark(thread);
  }

  private void run() {
    while (true) {
      boolean wrote = false;
      for (LogFile file : files.values()) {
        wrote |= file.write();
      }
      if (wrote) {
        LockSupport.parkNanos(this, closed ? 1 : GATHER_NANOS);
      } else if (closed) {
        files.values().forEach(LogFile::end);
        return;
      } else {
        sleep();
      }
    }
  }

  /** Until there is a line, or one that could not be written may be tried again. */
  private void sleep() {
    asleep = true;
    if (closed) {
      asleep = false;
      return;
    }
    boolean waiting = files.values().stream().anyMatch(file -> !file.isEmpty());
    if (waiting) {
      // Either a line has just come, or a file cannot be written at present.
      asleep = false;
      LockSupport.parkNanos(this, RETRY_NANOS);
    } else {
      LockSupport.park(this);
      asleep = false;
    }
  }

  /** Writes what waits, within a second, and ends the thread. */
  @Override
  public void close() {
    closed = true;
    Thread present;
    synchronized (this) {
      present = thread;
    }
    if (present == null) {
      return;
    }
    unpark();
    try {
      present.join(LAST_LINES_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
