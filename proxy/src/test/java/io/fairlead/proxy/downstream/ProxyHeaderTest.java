package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.downstream.ProxyHeader.Result;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

  private static Result read(String octets) {
    return ProxyHeader.read(Unpooled.copiedBuffer(octets, ISO_8859_1));
  }

  private static Result present(int length, String source, int port, String to, int toPort) {
    return new Result.Present(
        length, new InetSocketAddress(source, port), new InetSocketAddress(to, toPort));
  }

  @Test
  void versionOneIsRead() {
    String four = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
    assertThat(read(four + "GET"))
        .isEqualTo(present(four.length(), "192.0.2.1", 56_324, "198.51.100.2", 443));
    String six = "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n";
    assertThat(read(six)).isEqualTo(present(six.length(), "2001:db8::1", 1, "2001:db8::2", 65_535));
    assertThat(read("PROXY UNKNOWN\r\n")).isEqualTo(new Result.Present(15, null, null));
    assertThat(read("PROXY UNKNOWN ffff::1 ffff::1 1 2\r\nX"))
        .isEqualTo(new Result.Present(35, null, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n",
        "PROXY TCP4 192.0.2.1  198.51.100.2 56324 443\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.2 56324 443\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
        "PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n",
        "PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 01 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
        "PROXY \r\n",
        "PROXY\t TCP4 192.0.2.1 198.51.100.2 1 2\r\n"
      })
  void brokenVersionOneIsRefused(String header) {
    assertThat(read(header)).isNotInstanceOf(Result.Present.class);
    assertThat(read(header)).isNotInstanceOf(Result.Incomplete.class);
  }

  @Test
  void lineHasABound() {
    assertThat(read("PROXY TCP4 " + "1".repeat(95))).isEqualTo(new Result.Incomplete());
    assertThat(read("PROXY TCP4 " + "1".repeat(96))).isEqualTo(new Result.Faulty());
  }

  private static ByteBuf v2(int command, int family, byte[] behind) {
    return Unpooled.buffer()
        .writeBytes(SIGNATURE.getBytes(ISO_8859_1))
        .writeByte(command)
        .writeByte(family)
        .writeShort(behind.length)
        .writeBytes(behind);
  }

  private static byte[] addresses4(int more) {
    byte[] octets = new byte[12 + more];
    System.arraycopy(
        new byte[] {(byte) 192, 0, 2, 1, (byte) 198, 51, 100, 2, 1, 0, 1, (byte) 187},
        0,
        octets,
        0,
        12);
    return octets;
  }

  @Test
  void versionTwoIsReadAndFurtherValuesAreSkipped() {
    for (int more : new int[] {0, 3, 500}) {
      assertThat(ProxyHeader.read(v2(0x21, 0x11, addresses4(more))))
          .isEqualTo(present(28 + more, "192.0.2.1", 256, "198.51.100.2", 443));
    }
    byte[] six = new byte[36];
    six[15] = 1;
    six[31] = 2;
    six[33] = 5;
    assertThat(ProxyHeader.read(v2(0x21, 0x21, six))).isEqualTo(present(52, "::1", 5, "::2", 0));
    assertThat(ProxyHeader.read(v2(0x20, 0x00, new byte[0])))
        .isEqualTo(new Result.Present(16, null, null));
    assertThat(ProxyHeader.read(v2(0x21, 0x31, new byte[216])))
        .isEqualTo(new Result.Present(232, null, null));
  }

  @Test
  void brokenVersionTwoIsRefused() {
    assertThat(ProxyHeader.read(v2(0x11, 0x11, addresses4(0)))).isEqualTo(new Result.Faulty());
    assertThat(ProxyHeader.read(v2(0x22, 0x11, addresses4(0)))).isEqualTo(new Result.Faulty());
    assertThat(ProxyHeader.read(v2(0x21, 0x41, addresses4(0)))).isEqualTo(new Result.Faulty());
    assertThat(ProxyHeader.read(v2(0x21, 0x11, new byte[11]))).isEqualTo(new Result.Faulty());
    assertThat(ProxyHeader.read(v2(0x21, 0x21, new byte[35]))).isEqualTo(new Result.Faulty());
    assertThat(ProxyHeader.read(v2(0x21, 0x11, new byte[4_097]))).isEqualTo(new Result.Faulty());
  }

  @Test
  void itIsIncompleteUpToItsLastOctetAndAbsentAsSoonAsAnOctetDiffers() {
    String one = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
    for (int length = 0; length < one.length(); length++) {
      assertThat(read(one.substring(0, length))).isEqualTo(new Result.Incomplete());
    }
    ByteBuf two = v2(0x21, 0x11, addresses4(4));
    for (int length = 0; length < two.readableBytes(); length++) {
      assertThat(ProxyHeader.read(two.slice(0, length))).isEqualTo(new Result.Incomplete());
    }
    for (String other :
        new String[] {"POST / HTTP/1.1", "GET", "\r\nGET", "PROXZ", "\u0016\u0003"}) {
      assertThat(read(other)).as(other).isEqualTo(new Result.Absent());
    }
  }

  @Test
  void mutilatedHeaderNeverThrows() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int whole = 0;
    for (int round = 0; round < 50_000; round++) {
      ByteBuf in =
          random.nextBoolean()
              ? v2(0x21, 0x11, addresses4(random.nextInt(20)))
              : Unpooled.copiedBuffer("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n", ISO_8859_1);
      in.setByte(random.nextInt(in.readableBytes()), random.nextInt());
      whole += ProxyHeader.read(in) instanceof Result.Present ? 1 : 0;
    }
    assertThat(whole).as("seed %d", seed).isPositive();
  }
}
