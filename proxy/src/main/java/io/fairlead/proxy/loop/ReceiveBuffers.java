package io.fairlead.proxy.loop;

import io.fairlead.proxy.overload.MemoryGauge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Sizes the buffers that sockets are read into by what the last reads brought, and leaves room
 * before the octets for a head that grows on its way through the proxy. When memory is short, all
 * pieces are small. Belongs to its loop; each channel has a handle.
 */
final class ReceiveBuffers extends DefaultMaxMessagesRecvByteBufAllocator {
  /** Room for the fields that are usually added: trace context and forwarding. */
  static final int HEADROOM = 512;

  private static final int SMALLEST = 2_048;
  private static final int LARGEST = 64 << 10;

  private final MemoryGauge memory;

  ReceiveBuffers(MemoryGauge memory) {
    this.memory = memory;
  }

  @Override
  @SuppressWarnings("deprecation") // the type of the method that it overrides
  public Handle newHandle() {
    return new SizingHandle();
  }

  private final class SizingHandle extends MaxMessageHandle {
    private int size = SMALLEST;
    private boolean wasSmall;

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      int room = HEADROOM + memory.allowed(size);
      return allocator.ioBuffer(room).setIndex(HEADROOM, HEADROOM);
    }

    /** One piece at a time while memory is short, so that others can do something about it. */
    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreDataSupplier) {
      return !memory.isTight() && super.continueReading(maybeMoreDataSupplier);
    }

    @Override
    public int guess() {
      return size;
    }

    @Override
    public void lastBytesRead(int bytes) {
      super.lastBytesRead(bytes);
      if (bytes >= 0 && bytes == attemptedBytesRead()) {
        size = Math.min(size * 4, LARGEST);
        wasSmall = false;
      }
    }

    /** Shrinks when two reads in a row would have fitted into a quarter. */
    @Override
    public void readComplete() {
      boolean small = size > SMALLEST && totalBytesRead() <= size / 4;
      if (small && wasSmall) {
        size = Math.max(size / 4, SMALLEST);
      }
      wasSmall = small && !wasSmall;
    }
  }
}
