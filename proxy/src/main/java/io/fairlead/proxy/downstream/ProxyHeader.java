package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header by which a proxy before this one tells whom a connection is from. Stateless and
 * strict: a header that is not wholly right is none.
 *
 * @see <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">PROXY protocol,
 *     versions 1 and 2</a>
 */
final class ProxyHeader {
  private static final byte[] V1 = "PROXY ".getBytes(US_ASCII);
  private static final byte[] V2 = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };

  /** The longest line of version 1, its end included. */
  private static final int MAX_V1 = 107;

  private static final int V2_FIXED = 16;

  /** Addresses and further values of version 2; the longest address has 216 octets. */
  private static final int MAX_V2 = 4_096;

  private ProxyHeader() {}

  /** What the first octets of a connection are. */
  sealed interface Result {
    /** More octets are needed. */
    record Incomplete() implements Result {}

    /** No header. */
    record Absent() implements Result {}

    /** A header that breaks the rules. */
    record Faulty() implements Result {}

    /**
     * A header.
     *
     * @param length its octets
     * @param source the client, or null if the header does not say; then the connection counts
     * @param destination where the client connected to; null with the source
     */
    record Present(
        int length, @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination)
        implements Result {}
  }

  private static final Result INCOMPLETE = new Result.Incomplete();
  private static final Result ABSENT = new Result.Absent();
  private static final Result FAULTY = new Result.Faulty();

  /** Reads from the reader index, which stays where it is. */
  static Result read(ByteBuf in) {
    if (!in.isReadable()) {
      return INCOMPLETE;
    }
    byte first = in.getByte(in.readerIndex());
    if (first == V1[0]) {
      return begins(in, V1) ? v1(in) : ABSENT;
    }
    return begins(in, V2) ? v2(in) : ABSENT;
  }

  /** Whether the octets are those of the signature, as far as they have come. */
  private static boolean begins(ByteBuf in, byte[] signature) {
    int present = Math.min(in.readableBytes(), signature.length);
    for (int i = 0; i < present; i++) {
      if (in.getByte(in.readerIndex() + i) != signature[i]) {
        return false;
      }
    }
    return true;
  }

  private static Result v1(ByteBuf in) {
    int from = in.readerIndex();
    int to = from + Math.min(in.readableBytes(), MAX_V1);
    int end = in.indexOf(from, to, (byte) '\n');
    if (end < 0) {
      return in.readableBytes() >= MAX_V1 ? FAULTY : INCOMPLETE;
    }
    if (end - from < V1.length + 1 || in.getByte(end - 1) != '\r') {
      return FAULTY;
    }
    String line = in.toString(from, end - 1 - from, US_ASCII);
    int length = end + 1 - from;
    String[] parts = line.split(" ", -1);
    if (parts[1].equals("UNKNOWN")) {
      return new Result.Present(length, null, null);
    }
    boolean tcp4 = parts[1].equals("TCP4");
    if (parts.length != 6 || !tcp4 && !parts[1].equals("TCP6")) {
      return FAULTY;
    }
    InetSocketAddress source = address(parts[2], parts[4], tcp4);
    InetSocketAddress destination = address(parts[3], parts[5], tcp4);
    return source == null || destination == null
        ? FAULTY
        : new Result.Present(length, source, destination);
  }

  private static @Nullable InetSocketAddress address(String host, String port, boolean v4) {
    boolean literal = v4 ? NetUtil.isValidIpV4Address(host) : host.indexOf('%') < 0 && isV6(host);
    if (!literal || !port.matches("0|[1-9][0-9]{0,4}") || Integer.parseInt(port) > 65_535) {
      return null;
    }
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(host);
    return octets == null ? null : address(octets, Integer.parseInt(port));
  }

  private static boolean isV6(String host) {
    return NetUtil.isValidIpV6Address(host) && host.indexOf('[') < 0;
  }

  private static InetSocketAddress address(byte[] octets, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(octets), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + octets.length + " octets", e);
    }
  }

  private static Result v2(ByteBuf in) {
    if (in.readableBytes() < V2_FIXED) {
      return INCOMPLETE;
    }
    int from = in.readerIndex();
    int version = in.getByte(from + 12) >> 4 & 0xf;
    int command = in.getByte(from + 12) & 0xf;
    int family = in.getByte(from + 13) & 0xff;
    int length = in.getUnsignedShort(from + 14);
    if (version != 2 || command > 1 || length > MAX_V2) {
      return FAULTY;
    }
    if (in.readableBytes() < V2_FIXED + length) {
      return INCOMPLETE;
    }
    // LOCAL is the proxy's own connection; what is behind the addresses is not for us.
    if (command == 0) {
      return new Result.Present(V2_FIXED + length, null, null);
    }
    return switch (family) {
      case 0x11 -> addresses(in, 4, length);
      case 0x21 -> addresses(in, 16, length);
      case 0x00, 0x12, 0x22, 0x31, 0x32 -> new Result.Present(V2_FIXED + length, null, null);
      default -> FAULTY;
    };
  }

  private static Result addresses(ByteBuf in, int octets, int length) {
    if (length < 2 * octets + 4) {
      return FAULTY;
    }
    byte[] both = new byte[2 * octets];
    int from = in.readerIndex() + V2_FIXED;
    in.getBytes(from, both);
    int ports = from + both.length;
    return new Result.Present(
        V2_FIXED + length,
        address(Arrays.copyOf(both, octets), in.getUnsignedShort(ports)),
        address(Arrays.copyOfRange(both, octets, both.length), in.getUnsignedShort(ports + 2)));
  }
}
