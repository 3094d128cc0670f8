package io.fairlead.proxy.trace;

import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.telemetry.OtlpEncoder;
import io.fairlead.telemetry.SpanRecord;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends finished spans to an OTLP receiver, in batches and one batch at a time, on the side loop.
 *
 * <p>A batch that could not be delivered stays and is sent again after a wait that doubles; what
 * the queue cannot hold meanwhile is dropped there. A batch that the receiver refuses for good is
 * dropped, since it would be refused again. Logs when the receiver goes and when it is back, never
 * a span. Methods may be called by any thread.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/#otlphttp">OTLP/HTTP</a>
 */
public final class SpanExporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpanExporter.class);
  private static final long FIRST_BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final EventLoop loop;
  private final ExportSettings settings;
  private final OtlpEncoder encoder;
  private final EpochClock clock;
  private final SpanQueue queue;
  private final SpanConnection connection;
  private final LongAdder exported = new LongAdder();
  private final Future<?> periodic;

  // The rest belongs to the loop.
  private final List<SpanRecord> batch = new ArrayList<>();
  private final List<CompletableFuture<@Nullable Void>> flushes = new ArrayList<>();
  private boolean sending;
  private @Nullable Future<?> backOff;
  private int failures;
  private boolean refused;

  /**
   * Begins to export.
   *
   * @param settings must have an endpoint
   */
  public SpanExporter(
      SideLoop side, ExportSettings settings, OtlpEncoder encoder, EpochClock clock) {
    loop = side.eventLoop();
    this.settings = settings;
    this.encoder = encoder;
    this.clock = clock;
    queue = new SpanQueue(settings.maxQueued(), settings.maxBatch());
    queue.onBatch(() -> loop.execute(this::send));
    connection = new SpanConnection(side, settings.endpoint().orElseThrow(), settings.timeout());
    long period = settings.period().toNanos();
    periodic = loop.scheduleAtFixedRate(this::onTime, period, period, TimeUnit.NANOSECONDS);
  }

  /** Where spans are put. */
  public SpanQueue queue() {
    return queue;
  }

  /** Spans that the receiver took since the start. */
  public long exported() {
    return exported.sum();
  }

  private void onTime() {
    clock.follow();
    send();
  }

  private void send() {
    if (sending || backOff != null) {
      return;
    }
    queue.drainTo(batch, settings.maxBatch() - batch.size());
    if (batch.isEmpty()) {
      flushed();
      return;
    }
    sending = true;
    connection.post(encoder.encode(batch), this::outcome);
  }

  private void outcome(SpanConnection.Outcome outcome) {
    sending = false;
    switch (outcome) {
      case SpanConnection.Outcome.Answered(int status) when status / 100 == 2 -> {
        if (failures > 0) {
          LOG.info("spans are exported to {} again", connection);
        }
        refused = false;
        exported.add(batch.size());
        next();
      }
      case SpanConnection.Outcome.Answered(int status) when isFinal(status) -> {
        if (!refused) {
          LOG.warn("{} refuses spans with status {}; they are dropped", connection, status);
        }
        refused = true;
        queue.drop(batch.size());
        next();
      }
      case SpanConnection.Outcome.Answered(int status) -> failed("status " + status);
      case SpanConnection.Outcome.Failed(String why) -> failed(why);
    }
  }

  /** Whether the same batch would be refused again: only these four ask to come again. */
  private static boolean isFinal(int status) {
    return status != 429 && status != 502 && status != 503 && status != 504;
  }

  private void next() {
    failures = 0;
    batch.clear();
    if (!flushes.isEmpty() || queue.size() >= settings.maxBatch()) {
      send();
    }
  }

  private void failed(String why) {
    if (failures == 0) {
      LOG.warn("spans cannot be exported to {}: {}; retrying", connection, why);
    }
    flushed();
    long longest = settings.maxBackOff().toNanos();
    long wait = Math.min(longest, FIRST_BACK_OFF_NANOS << Math.min(failures++, 16));
    long jittered = wait / 2 + ThreadLocalRandom.current().nextLong(wait / 2 + 1);
    backOff = loop.schedule(this::retry, jittered, TimeUnit.NANOSECONDS);
  }

  private void retry() {
    backOff = null;
    send();
  }

  private void flushed() {
    flushes.forEach(flush -> flush.complete(null));
    flushes.clear();
  }

  /**
   * Sends all that waits now, without regard to waits.
   *
   * @return done when it is delivered, or at the first failure
   */
  public CompletableFuture<@Nullable Void> flush() {
    CompletableFuture<@Nullable Void> flush = new CompletableFuture<>();
    loop.execute(
        () -> {
          flushes.add(flush);
          if (backOff != null) {
            backOff.cancel(false);
            backOff = null;
          }
          send();
        });
    return flush;
  }

  /** Stops without a flush; what still waits is dropped. */
  @Override
  public void close() {
    periodic.cancel(false);
    loop.execute(
        () -> {
          queue.drop(batch.size() + queue.size());
          connection.close();
        });
  }
}
