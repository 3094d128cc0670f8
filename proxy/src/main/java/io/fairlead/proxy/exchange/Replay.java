package io.fairlead.proxy.exchange;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What of a request has gone upstream, kept so that another attempt can send it again, as long as
 * it stays below a bound. Belongs to its exchange.
 */
final class Replay {
  private final int maxBytes;
  private @Nullable ByteBuf opening;
  private @Nullable ArrayDeque<ByteBuf> more;
  private int bytes;
  private boolean whole = true;

  Replay(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The bound. */
  int maxBytes() {
    return maxBytes;
  }

  /** Keeps the head and what came with it, and owns it from now on. */
  void open(ByteBuf head) {
    opening = head;
    bytes = head.readableBytes();
    // A request whose head alone is above the bound is still sent once.
    whole = bytes <= maxBytes;
  }

  /** Whether everything that was sent can be sent again. */
  boolean isWhole() {
    return whole && opening != null;
  }

  /** Changes octets of the head for whoever it is sent to next. */
  void overwrite(int at, byte[] octets) {
    if (opening != null) {
      opening.setBytes(opening.readerIndex() + at, octets);
    }
  }

  /** Keeps a copy-free reference to more octets that are about to be sent. */
  void add(ByteBuf octets) {
    if (!isWhole()) {
      return;
    }
    bytes += octets.readableBytes();
    if (bytes > maxBytes) {
      close();
      return;
    }
    ArrayDeque<ByteBuf> list = more;
    if (list == null) {
      list = new ArrayDeque<>();
      more = list;
    }
    list.add(octets.retainedDuplicate());
  }

  /** Sends everything; what cannot be needed again is given away. */
  void sendTo(UpstreamStream stream) {
    ByteBuf first = opening;
    if (first == null) {
      throw new IllegalStateException("there is nothing to send");
    }
    if (!whole) {
      opening = null;
      stream.send(first);
      return;
    }
    stream.send(first.retainedDuplicate());
    if (more != null) {
      for (ByteBuf octets : more) {
        stream.send(octets.retainedDuplicate());
      }
    }
  }

  /** Gives up the possibility to send it again. */
  void close() {
    whole = false;
    if (opening != null) {
      opening.release();
      opening = null;
    }
    if (more != null) {
      more.forEach(ByteBuf::release);
      more = null;
    }
  }
}
