package io.fairlead.proxy.exchange;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies of one request for other clusters. They are kept until the request is whole and sent then,
 * so that no mirror ever holds the request up; one that is larger than the bound is not mirrored.
 * Belongs to its exchange.
 */
final class Mirroring {
  private final int maxBytes;
  private final List<MirrorTarget> targets = new ArrayList<>(1);
  private @Nullable ByteBuf opening;
  private final List<ByteBuf> body = new ArrayList<>();
  private int bytes;

  Mirroring(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** One more cluster that gets a copy. */
  void to(MirrorTarget target) {
    targets.add(target);
  }

  /** Copies the head and what came with it: the original may still change for another attempt. */
  void open(Exchange exchange, ByteBuf head) {
    bytes = head.readableBytes();
    if (bytes <= maxBytes) {
      opening = head.copy();
      sendIfWhole(exchange);
    } else {
      drop(exchange, MirrorOutcome.TOO_LARGE);
    }
  }

  /** More of the body, which is not taken. */
  void add(Exchange exchange, ByteBuf octets) {
    if (opening == null) {
      return;
    }
    bytes += octets.readableBytes();
    if (bytes > maxBytes) {
      drop(exchange, MirrorOutcome.TOO_LARGE);
      release();
      return;
    }
    body.add(octets.retainedDuplicate());
    sendIfWhole(exchange);
  }

  private void sendIfWhole(Exchange exchange) {
    ByteBuf first = opening;
    if (first == null || !exchange.isRequestComplete()) {
      return;
    }
    for (MirrorTarget target : targets) {
      ByteBuf whole = exchange.loop().allocator().ioBuffer(bytes);
      whole.writeBytes(first, first.readerIndex(), first.readableBytes());
      for (ByteBuf octets : body) {
        whole.writeBytes(octets, octets.readerIndex(), octets.readableBytes());
      }
      MirrorSink.send(exchange, target, whole);
    }
    release();
  }

  private void drop(Exchange exchange, MirrorOutcome why) {
    for (MirrorTarget target : targets) {
      target.counter().dropped(exchange.loop().index(), why);
    }
  }

  /** The request is over: gives up what is not sent. */
  void close(Exchange exchange) {
    if (opening != null) {
      drop(exchange, MirrorOutcome.INCOMPLETE);
    }
    release();
  }

  private void release() {
    if (opening != null) {
      opening.release();
      opening = null;
    }
    body.forEach(ByteBuf::release);
    body.clear();
  }
}
