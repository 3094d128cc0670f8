package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
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
  private int addedFrom;
  private boolean whole = true;

  Replay(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Keeps the head and what came with it, and owns it from now on. */
  private void open(ByteBuf head) {
    opening = head;
    bytes = head.readableBytes();
    // A request whose head alone is above the bound is still sent once.
    whole = bytes <= maxBytes;
  }

  /**
   * Assembles and keeps the head that goes on, with what came of the body. The body is read with
   * the head, so that a faulty one never goes upstream.
   *
   * @return why there is none, or null
   */
  @Nullable Fault open(Loop loop, Head head, Input input, BodyReader body) {
    int headLength = head.length();
    int follow = body.readBehind(input.octets(), headLength);
    if (follow < 0) {
      return body.fault();
    }
    HeadWriter writer = loop.writer();
    if (writer.isUnchanged(head)) {
      open(input.take(headLength + follow));
    } else if (writer.request(head) == HeadWriter.TOO_LARGE) {
      input.skip(headLength + follow);
      return Fault.HEAD_TOO_LARGE;
    } else {
      addedFrom = writer.addedFrom();
      open(input.takeWithHead(loop.allocator(), writer, headLength, follow));
    }
    return null;
  }

  /** Whether everything that was sent can be sent again. */
  boolean isWhole() {
    return whole && opening != null;
  }

  /** Changes octets that were added to the head, for whoever it is sent to next. */
  void overwriteAdded(int at, byte[] octets) {
    if (opening != null) {
      opening.setBytes(opening.readerIndex() + addedFrom + at, octets);
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
