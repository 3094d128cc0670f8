package io.fairlead.proxy.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.NetUtil;

/**
 * Tells an endpoint whose connection it gets, before anything else is sent on it, TLS included.
 *
 * @see <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">PROXY protocol,
 *     versions 1 and 2</a>
 */
final class ProxyHeaderOut extends ChannelInboundHandlerAdapter {
  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final int PROXY = 0x21;
  private static final int LOCAL = 0x20;
  private static final int TCP4 = 0x11;
  private static final int TCP6 = 0x21;

  private final ProxyVersion version;
  private final Peer client;

  ProxyHeaderOut(ProxyVersion version, Peer client) {
    this.version = version;
    this.client = client;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.writeAndFlush(header(context.alloc()), context.voidPromise());
    context.pipeline().remove(this);
    context.fireChannelActive();
  }

  ByteBuf header(ByteBufAllocator allocator) {
    byte[] source = NetUtil.createByteArrayFromIpAddressString(client.address());
    byte[] destination = NetUtil.createByteArrayFromIpAddressString(client.ends().destination());
    boolean known = source != null && destination != null && source.length == destination.length;
    ByteBuf header = allocator.ioBuffer(128);
    return switch (version) {
      case V1 -> header.writeBytes(text(known, known && source.length == 4).getBytes(US_ASCII));
      case V2 -> {
        header.writeBytes(SIGNATURE).writeByte(known ? PROXY : LOCAL);
        if (source == null || destination == null || !known) {
          yield header.writeByte(0).writeShort(0);
        }
        header.writeByte(source.length == 4 ? TCP4 : TCP6).writeShort(2 * source.length + 4);
        header.writeBytes(source).writeBytes(destination);
        yield header
            .writeShort(client.ends().sourcePort())
            .writeShort(client.ends().destinationPort());
      }
    };
  }

  private String text(boolean known, boolean v4) {
    if (!known) {
      return "PROXY UNKNOWN\r\n";
    }
    Peer.Ends ends = client.ends();
    return "PROXY "
        + (v4 ? "TCP4 " : "TCP6 ")
        + client.address()
        + " "
        + ends.destination()
        + " "
        + ends.sourcePort()
        + " "
        + ends.destinationPort()
        + "\r\n";
  }
}
