package io.fairlead.proxy.log;

import io.fairlead.proxy.exchange.ConnectionLayer;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.ResponseFlags;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.log.HeadSlots.Side;
import io.fairlead.proxy.trace.EpochClock;
import io.fairlead.traffic.AccessLog;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the access logs of one listener: a line when a request or a connection ends. It copies the
 * few values of the heads that the formats ask for, and makes the line where the exchange belongs;
 * files are written elsewhere. A listener without logs has no such layer.
 */
public final class AccessLogging implements Layer, ConnectionLayer {
  private final HeadSlots slots = new HeadSlots();
  private final Log[] logs;
  private final EpochClock clock;
  private final @Nullable Entry[] entries;

  /** One access log. */
  private record Log(LineFormat format, LogChoice choice, LogFile file) {}

  /**
   * @param configured logs of the listener
   * @param files that the lines go to
   * @param hostname of this proxy
   * @param loops number of loops
   */
  public AccessLogging(
      List<AccessLog> configured, LogFiles files, EpochClock clock, String hostname, int loops) {
    List<Log> made = new ArrayList<>();
    for (AccessLog log : configured) {
      made.add(
          new Log(
              LineFormat.of(log.format(), slots, hostname),
              new LogChoice(log.filter()),
              files.file(log.path())));
    }
    logs = made.toArray(Log[]::new);
    this.clock = clock;
    entries = new Entry[loops];
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    Captured captured = new Captured(slots.size());
    slots.capture(Side.REQUEST, head, captured);
    if (head.isHttp10()) {
      captured.http10();
    }
    exchange.note(this, captured);
    return Verdict.PASS;
  }

  /** Sees the id too that this layer gives to requests which have none. */
  public Layer naming(Layer requestId) {
    return new Layer() {
      @Override
      public Verdict request(Exchange exchange, Head head) {
        HeadWriter writer = exchange.loop().writer();
        int before = writer.addedLength();
        Verdict verdict = requestId.request(exchange, head);
        if (writer.addedLength() > before
            && exchange.note(AccessLogging.this) instanceof Captured captured) {
          slots.captureRequestId(writer, before, captured);
        }
        return verdict;
      }
    };
  }

  @Override
  public void answer(Exchange exchange, Head head) {
    if (exchange.note(this) instanceof Captured captured) {
      slots.capture(Side.ANSWER, head, captured);
    }
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.note(this) instanceof Captured captured) {
      write(exchange, captured);
    }
  }

  @Override
  public void refused(Exchange exchange) {
    write(exchange, new Captured(slots.size()));
  }

  @Override
  public void closed(Exchange exchange) {
    write(exchange, new Captured(slots.size()));
  }

  private void write(Exchange exchange, Captured captured) {
    int flags = ResponseFlags.of(exchange);
    Entry entry = entry(exchange.loop().index());
    entry.set(exchange, captured, clock.epochNanos(exchange.startNanos()), flags);
    for (Log log : logs) {
      if (log.choice.picks(exchange, flags)) {
        entry.line().begin();
        log.format.write(entry, entry.line());
        log.file.offer(entry.line().line());
      }
    }
    entry.clear();
  }

  private Entry entry(int loop) {
    Entry present = entries[loop];
    if (present == null) {
      present = new Entry();
      entries[loop] = present;
    }
    return present;
  }
}
