package io.fairlead.proxy.downstream;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Has the kernel give new connections to the successor's socket, where several listen on one
 * address. Closing a socket resets what waits in its queue, so before that nothing new may come: a
 * filter on the group of sockets, which picks among them in the order in which they began to
 * listen, picks the second, and this process is the first. Where there is no second, and once the
 * first is gone, the kernel ignores the filter. Needs no privilege. Stateless.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">SO_ATTACH_REUSEPORT_CBPF</a>
 */
final class Steering {
  private static final int SOL_SOCKET = 1;
  private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
  private static final RawUnixChannelOption FILTER =
      new RawUnixChannelOption(
          "SO_ATTACH_REUSEPORT_CBPF", SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, 16);

  /** {@code BPF_RET | BPF_K}: the program ends with a constant. */
  private static final short RETURN_CONSTANT = 0x06;

  private static final int SECOND = 1;

  private Steering() {}

  /** Whether the kernel does it. */
  static boolean toSuccessor(Channel socket) {
    if (!(socket instanceof EpollServerSocketChannel listening)) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      // struct sock_filter: code, jt, jf, k
      MemorySegment filter = arena.allocate(8, 8);
      filter.set(ValueLayout.JAVA_SHORT, 0, RETURN_CONSTANT);
      filter.set(ValueLayout.JAVA_INT, 4, SECOND);
      // struct sock_fprog: the number of instructions, and where they are
      ByteBuffer program = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
      program.putShort(0, (short) 1).putLong(8, filter.address());
      return listening.config().setOption(FILTER, program);
    } catch (RuntimeException refused) {
      return false;
    }
  }
}
