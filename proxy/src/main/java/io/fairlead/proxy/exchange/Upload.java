package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Input;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way upstream. What has gone is kept so that another attempt can send it again,
 * as long as it stays below a bound; mirrors get copies, and a guard watches size and pace of the
 * body where the route bounds them. Belongs to its exchange.
 */
final class Upload {
  private final Exchange exchange;
  private final BodyReader body;
  private final int maxBytes;
  private @Nullable Mirroring mirroring;
  private @Nullable BodyGuard guard;
  private @Nullable ByteBuf opening;
  private @Nullable ArrayDeque<ByteBuf> more;
  private int bytes;
  private boolean whole = true;

  /**
   * @param body started with the framing of the request
   * @param maxBytes that are kept
   */
  Upload(Exchange exchange, BodyReader body, int maxBytes) {
    this.exchange = exchange;
    this.body = body;
    this.maxBytes = maxBytes;
  }

  /** Has a copy of the request go to this target too, once the request is whole. */
  void mirror(MirrorTarget copy) {
    if (mirroring == null) {
      mirroring = new Mirroring(maxBytes);
    }
    mirroring.to(copy);
  }

  /** Looks at the head and the first octets of the body; the answer to a bad one, or null. */
  @Nullable LocalReply inspect(Head head, int follow) {
    Target.BodyLimits limits = exchange.target().bodyLimits();
    if (limits == null || !head.hasBody()) {
      return null;
    }
    BodyGuard made = new BodyGuard(limits, exchange.loop().nanos());
    guard = body.isComplete() ? null : made;
    LocalReply tooLarge = made.announced(head.contentLength());
    return tooLarge == null ? made.received(follow) : tooLarge;
  }

  /** Octets that are kept for another attempt. */
  int keptBytes() {
    return whole ? bytes : 0;
  }

  /** Whether all of the request has come. */
  boolean isComplete() {
    return body.isComplete();
  }

  /** Sends on what the input has of the body; the answer to a bad one, or null. */
  @Nullable LocalReply take(Input input, UpstreamStream stream) {
    int count = body.read(input.octets());
    if (count < 0) {
      return LocalReply.of(body.fault());
    }
    LocalReply tooLarge = guard == null ? null : guard.received(count);
    if (tooLarge != null) {
      return tooLarge;
    }
    ByteBuf octets = input.take(count);
    add(octets);
    if (mirroring != null) {
      mirroring.add(exchange, octets);
    }
    stream.send(octets);
    if (guard != null && body.isComplete()) {
      guard = null;
    }
    return null;
  }

  /** When {@link #pace} must be asked next. */
  long dueNanos() {
    return guard == null ? Long.MAX_VALUE : guard.dueNanos();
  }

  /** The answer to a body that has come too slowly, or null. */
  @Nullable LocalReply pace() {
    BodyGuard present = guard;
    long now = exchange.loop().nanos();
    if (present == null) {
      return null;
    }
    if (!exchange.wantsBody()) {
      present.heldUp(now);
      return null;
    }
    return present.pace(now);
  }

  /** Keeps the head and what came with it, and owns it from now on. */
  void open(ByteBuf head) {
    if (mirroring != null) {
      mirroring.open(exchange, head);
    }
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
  private void add(ByteBuf octets) {
    if (!isWhole()) {
      return;
    }
    bytes += octets.readableBytes();
    if (bytes > maxBytes || exchange.loop().isTight()) {
      forget();
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

  /** The exchange is over. */
  void close() {
    forget();
    if (mirroring != null) {
      mirroring.close(exchange);
    }
  }

  /** Gives up the possibility to send it again. */
  void forget() {
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
