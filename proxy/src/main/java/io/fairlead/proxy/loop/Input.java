package io.fairlead.proxy.loop;

import io.fairlead.proxy.http1.HeadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The octets that a connection has received and not used yet. Whole buffers are handed on without a
 * copy; only a message part that is cut by the network is joined. Belongs to its loop.
 *
 * <p>{@link ReceiveBuffers} leaves room before the octets, so that a head that became longer still
 * fits before its body. {@code free} is the first index that nobody else may be reading.
 */
public final class Input {
  private @Nullable ByteBuf buffer;
  private int free;

  /** Adds a buffer, which belongs to the input from now on. */
  public void append(ByteBufAllocator allocator, ByteBuf received) {
    ByteBuf present = buffer;
    if (present == null) {
      buffer = received;
      free = 0;
      return;
    }
    try {
      if (present.maxFastWritableBytes() < received.readableBytes()) {
        present = grow(allocator, present, received.readableBytes());
        buffer = present;
      }
      present.writeBytes(received);
    } finally {
      received.release();
    }
  }

  private ByteBuf grow(ByteBufAllocator allocator, ByteBuf present, int more) {
    int room = ReceiveBuffers.HEADROOM;
    int needed = room + 2 * (present.readableBytes() + more);
    ByteBuf joined = allocator.ioBuffer(needed);
    joined.setIndex(room, room);
    joined.writeBytes(present);
    present.release();
    free = 0;
    return joined;
  }

  public boolean isEmpty() {
    return buffer == null;
  }

  /** The octets, to be looked at but not kept; empty if there are none. */
  public ByteBuf octets() {
    ByteBuf present = buffer;
    return present == null ? Unpooled.EMPTY_BUFFER : present;
  }

  public int length() {
    ByteBuf present = buffer;
    return present == null ? 0 : present.readableBytes();
  }

  /** Drops the first octets. */
  public void skip(int count) {
    ByteBuf present = octets();
    present.skipBytes(count);
    releaseIfRead(present);
  }

  /** Hands the first octets on; whoever takes them releases them. */
  public ByteBuf take(int count) {
    ByteBuf present = octets();
    if (count == present.readableBytes()) {
      buffer = null;
      return present;
    }
    ByteBuf taken = present.readRetainedSlice(count);
    free = present.readerIndex();
    return taken;
  }

  /**
   * Replaces the head at the beginning by the assembled one, in place if it fits.
   *
   * @param oldLength octets of the old head
   * @param follow octets behind the head that are taken with it
   * @return the new head with what follows; whoever takes it releases it
   */
  public ByteBuf takeWithHead(
      ByteBufAllocator allocator, HeadWriter writer, int oldLength, int follow) {
    ByteBuf present = octets();
    if (present.readerIndex() + oldLength - writer.length() >= free
        && writer.place(present, oldLength)) {
      return take(writer.length() + follow);
    }
    ByteBuf joined = allocator.ioBuffer(writer.length() + follow);
    writer.writeTo(joined);
    present.skipBytes(oldLength);
    joined.writeBytes(present, follow);
    releaseIfRead(present);
    return joined;
  }

  private void releaseIfRead(ByteBuf present) {
    if (!present.isReadable() && present == buffer) {
      buffer = null;
      present.release();
    }
  }

  /** Drops everything. */
  public void clear() {
    ByteBuf present = buffer;
    if (present != null) {
      buffer = null;
      present.release();
    }
  }
}
