package io.fairlead.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.tls.ClientHello.Result;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
  /** The first flight of the platform's own client. */
  private static byte[] hello(String serverName) {
    try {
      SSLEngine engine = SSLContext.getDefault().createSSLEngine();
      engine.setUseClientMode(true);
      if (!serverName.isEmpty()) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(serverName)));
        engine.setSSLParameters(parameters);
      }
      ByteBuffer out = ByteBuffer.allocate(32 << 10);
      engine.wrap(ByteBuffer.allocate(0), out);
      out.flip();
      byte[] octets = new byte[out.remaining()];
      out.get(octets);
      return octets;
    } catch (java.security.GeneralSecurityException | java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Result read(byte[] octets, int length) {
    return ClientHello.read(Unpooled.wrappedBuffer(octets, 0, length));
  }

  @Test
  void serverNameIsFoundAndNothingBeforeTheLastOctet() {
    byte[] hello = hello("Shop.Example");
    assertThat(read(hello, hello.length)).isEqualTo(new Result.Named("shop.example"));
    for (int length = 0; length < hello.length; length++) {
      assertThat(read(hello, length)).as("%d octets", length).isEqualTo(new Result.Incomplete());
    }
  }

  @Test
  void helloWithoutNameHasAnEmptyOne() {
    byte[] hello = hello("");
    assertThat(read(hello, hello.length)).isEqualTo(new Result.Named(""));
  }

  /** The same message in records of so many octets. */
  private static ByteBuf records(byte[] hello, int size) {
    ByteBuf out = Unpooled.buffer();
    for (int at = 5; at < hello.length; at += size) {
      int part = Math.min(size, hello.length - at);
      out.writeByte(22).writeByte(3).writeByte(1).writeShort(part).writeBytes(hello, at, part);
    }
    return out;
  }

  @Test
  void messageMayBeCutIntoRecords() {
    byte[] hello = hello("shop.example");
    for (int size : new int[] {20, 64, 100, 1_000}) {
      assertThat(ClientHello.read(records(hello, size)))
          .as("records of %d", size)
          .isEqualTo(new Result.Named("shop.example"));
    }
    assertThat(ClientHello.read(records(hello, 1)))
        .as("a record for each octet is an attack")
        .isEqualTo(new Result.Faulty());
  }

  @Test
  void otherProtocolsAreNoTls() {
    for (String text : List.of("GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "\0\0\0\u0001", "\u0016G")) {
      byte[] octets = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
      assertThat(read(octets, octets.length)).as(text).isEqualTo(new Result.Plain());
    }
  }

  @Test
  void boundsAreKept() {
    ByteBuf tooLong = Unpooled.buffer();
    tooLong.writeBytes(new byte[] {22, 3, 1, 0x10, 0, 1, 1, 0, 0});
    assertThat(ClientHello.read(tooLong)).isEqualTo(new Result.Faulty());
    byte[] other = {22, 3, 1, 0, 4, 2, 0, 0, 0};
    assertThat(read(other, other.length)).isEqualTo(new Result.Faulty());
    byte[] empty = {22, 3, 1, 0, 0};
    assertThat(read(empty, empty.length)).isEqualTo(new Result.Faulty());
  }

  @Test
  void mutilatedHelloNeverThrows() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] hello = hello("shop.example");
    int named = 0;
    for (int round = 0; round < 50_000; round++) {
      byte[] octets = hello.clone();
      int changes = 1 + random.nextInt(3);
      for (int i = 0; i < changes; i++) {
        octets[random.nextInt(octets.length)] = (byte) random.nextInt();
      }
      Result result = read(octets, 1 + random.nextInt(octets.length));
      named += result instanceof Result.Named ? 1 : 0;
    }
    assertThat(named).as("seed %d", seed).isPositive();
  }
}
