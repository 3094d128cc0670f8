package io.fairlead.proxy.downstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Asks the kernel where a connection was going before a {@code REDIRECT} rule led it here. The
 * kernel knows as long as it tracks the connection, from its first packet on. Stateless.
 *
 * @see <a
 *     href="https://www.netfilter.org/documentation/HOWTO/netfilter-extensions-HOWTO.html">Netfilter</a>
 */
final class OriginalAddress {
  private static final int SOL_IP = 0;
  private static final int SOL_IPV6 = 41;

  /** {@code SO_ORIGINAL_DST}, and {@code IP6T_SO_ORIGINAL_DST}, which has the same number. */
  private static final int SO_ORIGINAL_DST = 80;

  /** {@code struct sockaddr_in}: family, port, address, padding. */
  private static final RawUnixChannelOption IPV4 =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, 16);

  /** {@code struct sockaddr_in6}: family, port, flow, address, scope. */
  private static final RawUnixChannelOption IPV6 =
      new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", SOL_IPV6, SO_ORIGINAL_DST, 28);

  private static final int PORT_AT = 2;
  private static final int IPV4_AT = 4;
  private static final int IPV6_AT = 8;

  private OriginalAddress() {}

  /** The address, or null if the kernel knows none, as without any rule. */
  static @Nullable InetSocketAddress of(Channel channel) {
    if (!(channel instanceof EpollSocketChannel socket)
        || !(channel.localAddress() instanceof InetSocketAddress local)) {
      return null;
    }
    boolean four = local.getAddress().getAddress().length == 4;
    try {
      ByteBuffer found = socket.config().getOption(four ? IPV4 : IPV6);
      return found == null ? null : read(found, four ? IPV4_AT : IPV6_AT, four ? 4 : 16);
    } catch (ChannelException untracked) {
      return null;
    }
  }

  private static @Nullable InetSocketAddress read(ByteBuffer found, int from, int length) {
    byte[] address = new byte[length];
    found.get(from, address);
    int port = found.order(ByteOrder.BIG_ENDIAN).getShort(PORT_AT) & 0xffff;
    try {
      return new InetSocketAddress(InetAddress.getByAddress(address), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + length + " octets", e);
    }
  }
}
