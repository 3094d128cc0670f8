package io.fairlead.proxy.log;

import io.fairlead.config.AccessLog;
import io.fairlead.resilience.Ticker;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file of lines, or standard output. Loops put lines in without locks and never wait: what the
 * bound of the queue does not hold is dropped and counted. One thread takes them out.
 *
 * <p>The file is opened with the first line, and again when another file has its name, as after a
 * rotation, which is looked at once a second at most. If it cannot be written, that is said once,
 * what was being written is dropped and counted, and it is tried again every second.
 */
public final class LogFile {
  private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int BATCH_BYTES = 64 << 10;

  /** What a line costs beside its octets. */
  private static final int OVERHEAD = 64;

  private final String path;
  private final long maxBytes;
  private final Ticker ticker;
  private final Runnable wakeUp;
  private final ConcurrentLinkedQueue<byte[]> lines = new ConcurrentLinkedQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final LongAdder written = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  // The rest belongs to the thread that writes.
  private final ByteBuffer batch = ByteBuffer.allocate(BATCH_BYTES);
  private @Nullable FileChannel channel;
  private @Nullable Object key;
  private long checkedNanos;
  private long failedNanos;
  private boolean failing;
  private boolean torn;
  private long droppedBefore;

  /**
   * @param maxBytes of lines that may wait
   * @param wakeUp called by loops when there is a line
   */
  LogFile(String path, long maxBytes, Ticker ticker, Runnable wakeUp) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.ticker = ticker;
    this.wakeUp = wakeUp;
  }

  /** Takes a line, its line feed included, or drops it; from any thread. */
  void offer(byte[] line) {
    int cost = line.length + OVERHEAD;
    if (bytes.getAndAdd(cost) + cost > maxBytes) {
      bytes.getAndAdd(-cost);
      dropped.increment();
      return;
    }
    lines.add(line);
    wakeUp.run();
  }

  /** Path of the file, or {@code -}. */
  public String path() {
    return path;
  }

  /** Lines that were written since the start. */
  public long written() {
    return written.sum();
  }

  /** Lines that were not written since the start. */
  public long dropped() {
    return dropped.sum();
  }

  /** Whether no line waits. */
  boolean isEmpty() {
    return lines.isEmpty();
  }

  /**
   * Writes what waits, up to a batch.
   *
   * @return whether anything was done; nothing is while a failure is fresh
   */
  boolean write() {
    if (lines.isEmpty() || failing && ticker.nanos() - failedNanos < CHECK_NANOS) {
      return false;
    }
    batch.clear();
    if (torn) {
      batch.put((byte) '\n');
    }
    int count = 0;
    byte[] next = lines.peek();
    while (next != null && (batch.remaining() >= next.length || count == 0)) {
      lines.poll();
      bytes.getAndAdd(-(next.length + OVERHEAD));
      count++;
      if (next.length > batch.remaining()) {
        // A line that no batch holds is none that a format makes.
        dropped.increment();
        count--;
      } else {
        batch.put(next);
      }
      next = lines.peek();
    }
    batch.flip();
    flush(count);
    return true;
  }

  private void flush(int count) {
    try {
      FileChannel open = open();
      while (batch.hasRemaining()) {
        open.write(batch);
      }
      torn = false;
      written.add(count);
      recovered();
    } catch (IOException e) {
      int whole = 0;
      for (int i = torn ? 1 : 0; i < batch.position(); i++) {
        whole += batch.get(i) == '\n' ? 1 : 0;
      }
      torn = batch.position() > 0 ? batch.get(batch.position() - 1) != '\n' : torn;
      written.add(whole);
      failed(e, count - whole);
    }
  }

  private void failed(IOException e, int lost) {
    if (!failing) {
      droppedBefore = dropped.sum();
      LOG.warn("access log {} cannot be written, lines are dropped: {}", path, e.toString());
    }
    dropped.add(lost);
    failing = true;
    failedNanos = ticker.nanos();
    close();
  }

  private void recovered() {
    if (failing) {
      failing = false;
      LOG.info(
          "access log {} is written again; {} lines were dropped",
          path,
          dropped.sum() - droppedBefore);
    }
  }

  private FileChannel open() throws IOException {
    FileChannel present = channel;
    if (path.equals(AccessLog.STANDARD_OUTPUT)) {
      if (present == null) {
        present = new FileOutputStream(FileDescriptor.out).getChannel();
        channel = present;
      }
      return present;
    }
    long now = ticker.nanos();
    if (present != null && now - checkedNanos < CHECK_NANOS) {
      return present;
    }
    checkedNanos = now;
    if (present != null && isSame()) {
      return present;
    }
    close();
    Path file = Path.of(path);
    FileChannel opened =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    channel = opened;
    key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return opened;
  }

  /** Whether the file that is open still has the name. */
  private boolean isSame() {
    try {
      Object now = Files.readAttributes(Path.of(path), BasicFileAttributes.class).fileKey();
      return now != null && now.equals(key);
    } catch (IOException gone) {
      return false;
    }
  }

  /** Closes the file for good; what could not be written is dropped. */
  void end() {
    while (lines.poll() != null) {
      dropped.increment();
    }
    close();
  }

  /** Closes the file; a further line opens it again. */
  void close() {
    FileChannel present = channel;
    channel = null;
    if (present == null || path.equals(AccessLog.STANDARD_OUTPUT)) {
      return;
    }
    try {
      present.close();
    } catch (IOException e) {
      LOG.debug("access log {}: {}", path, e.toString());
    }
  }
}
