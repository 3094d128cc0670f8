package io.fairlead.proxy.loop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.RequestParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class InputTest {
  private static final String HEAD = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
  private final RequestParser parser = new RequestParser(Http1Limits.defaults());
  private final HeadWriter writer = new HeadWriter(Http1Limits.defaults(), 1_024);
  private final Input input = new Input();

  @Test
  void wholeBufferIsHandedOnWithoutACopy() {
    ByteBuf received = received("hello");
    input.append(allocator, received);
    assertThat(input.take(5)).isSameAs(received);
    assertThat(input.isEmpty()).isTrue();
    received.release();
  }

  @Test
  void partIsASliceAndTheRestStays() {
    ByteBuf received = received("hello");
    input.append(allocator, received);
    ByteBuf part = input.take(2);
    assertThat(text(part)).isEqualTo("he");
    assertThat(input.length()).isEqualTo(3);
    part.release();
    input.clear();
    assertThat(received.refCnt()).isZero();
  }

  @Test
  void piecesAreJoined() {
    for (int i = 0; i < 3_000; i++) {
      input.append(allocator, received(String.valueOf((char) ('a' + i % 26))));
    }
    ByteBuf all = input.take(3_000);
    assertThat(text(all)).startsWith("abc").hasSize(3_000);
    all.release();
  }

  @Test
  void longerHeadIsPlacedInTheRoomBeforeIt() {
    ByteBuf received = received(HEAD + "body");
    input.append(allocator, received);
    ByteBuf taken = takeWithLongerHead(4);
    assertThat(taken).isSameAs(received);
    assertThat(text(taken)).endsWith("x: " + "v".repeat(100) + "\r\n\r\nbody");
    taken.release();
  }

  @Test
  void octetsThatWereHandedOnAreNotOverwritten() {
    input.append(allocator, received(HEAD + "bodyNEXT" + HEAD + "more"));
    ByteBuf first = input.take(HEAD.length() + 8);
    ByteBuf second = takeWithLongerHead(4);
    assertThat(text(first)).isEqualTo(HEAD + "bodyNEXT");
    assertThat(text(second)).endsWith("\r\n\r\nmore");
    first.release();
    second.release();
    assertThat(input.isEmpty()).isTrue();
  }

  private ByteBuf takeWithLongerHead(int follow) {
    int length = parser.parse(input.octets());
    writer.begin();
    writer.add("x: ".getBytes(ISO_8859_1), "v".repeat(100));
    writer.request(parser.head());
    return input.takeWithHead(allocator, writer, length, follow);
  }

  private ByteBuf received(String octets) {
    ByteBuf buffer = allocator.buffer(ReceiveBuffers.HEADROOM + octets.length());
    buffer.setIndex(ReceiveBuffers.HEADROOM, ReceiveBuffers.HEADROOM);
    return buffer.writeBytes(octets.getBytes(ISO_8859_1));
  }

  private static String text(ByteBuf buffer) {
    return buffer.toString(ISO_8859_1);
  }
}
