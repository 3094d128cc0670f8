package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Speaks frames over a socket, right ones and wrong ones. What is read comes as one line of text a
 * frame: {@code HEADERS 1 end :status=200 a=b}, {@code DATA 1 end hello}, {@code RST_STREAM 1 8}.
 */
final class RawHttp2 implements AutoCloseable {
  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  private static final String[] NAMES = {
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION"
  };

  private final RawSocket socket;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  RawHttp2(RawSocket socket) {
    this.socket = socket;
  }

  /** A client that has said its preface and empty settings. */
  static RawHttp2 client(RawSocket socket) throws IOException {
    socket.send(PREFACE);
    return new RawHttp2(socket).frame(SETTINGS, 0, 0, new byte[0]);
  }

  /** A server that has read the preface and said empty settings. */
  static RawHttp2 server(RawSocket socket) throws IOException {
    String said = socket.read(PREFACE.length());
    if (!said.equals(PREFACE)) {
      throw new IOException("no preface: " + said);
    }
    return new RawHttp2(socket).frame(SETTINGS, 0, 0, new byte[0]);
  }

  RawHttp2 frame(int type, int flags, int stream, byte[] payload) throws IOException {
    return frame(type, flags, stream, payload.length, payload);
  }

  /** A frame that may lie about its length. */
  RawHttp2 frame(int type, int flags, int stream, int length, byte[] payload) throws IOException {
    ByteBuf out = Unpooled.buffer();
    out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream).writeBytes(payload);
    socket.send(ByteBufUtil.getBytes(out));
    return this;
  }

  /** Fields as {@code name=value}, each a literal that enters no table. */
  static byte[] block(String... fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String field : fields) {
      int equals = field.indexOf('=', field.startsWith("=") ? 0 : 1);
      out.write(0);
      string(out, field.substring(0, equals));
      string(out, field.substring(equals + 1));
    }
    return out.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] octets = text.getBytes(ISO_8859_1);
    int rest = octets.length - 127;
    out.write(Math.min(octets.length, 127));
    if (rest >= 0) {
      for (; rest >= 128; rest >>>= 7) {
        out.write(rest & 0x7f | 0x80);
      }
      out.write(rest);
    }
    out.writeBytes(octets);
  }

  /** A head that is followed by a body. */
  RawHttp2 headers(int stream, String... fields) throws IOException {
    return frame(HEADERS, END_HEADERS, stream, block(fields));
  }

  /** A head, or trailers, with which the stream ends. */
  RawHttp2 lastHeaders(int stream, String... fields) throws IOException {
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block(fields));
  }

  RawHttp2 get(int stream, String path, String... more) throws IOException {
    return lastHeaders(stream, request("GET", path, more));
  }

  static String[] request(String method, String path, String... more) {
    String[] fields = new String[4 + more.length];
    fields[0] = ":method=" + method;
    fields[1] = ":scheme=http";
    fields[2] = ":authority=test.example";
    fields[3] = ":path=" + path;
    System.arraycopy(more, 0, fields, 4, more.length);
    return fields;
  }

  RawHttp2 data(int stream, String octets) throws IOException {
    return frame(DATA, 0, stream, octets.getBytes(ISO_8859_1));
  }

  RawHttp2 lastData(int stream, String octets) throws IOException {
    return frame(DATA, END_STREAM, stream, octets.getBytes(ISO_8859_1));
  }

  RawHttp2 windowUpdate(int stream, int increment) throws IOException {
    return frame(WINDOW_UPDATE, 0, stream, integer(increment));
  }

  static byte[] integer(int value) {
    return new byte[] {
      (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
    };
  }

  RawSocket socket() {
    return socket;
  }

  /** The next frame that is not about settings and windows; empty at the end of the connection. */
  String read() throws IOException, Http2Exception {
    String line;
    do {
      line = readAny();
    } while (line.startsWith("SETTINGS") || line.startsWith("WINDOW_UPDATE"));
    return line;
  }

  /** The next frame; empty at the end of the connection. */
  String readAny() throws IOException, Http2Exception {
    byte[] header = socket.in().readNBytes(9);
    if (header.length < 9) {
      return "";
    }
    ByteBuf head = Unpooled.wrappedBuffer(header);
    int length = head.readUnsignedMedium();
    int type = head.readUnsignedByte();
    int flags = head.readUnsignedByte();
    int stream = head.readInt();
    ByteBuf payload = Unpooled.wrappedBuffer(socket.in().readNBytes(length));
    String end = (flags & END_STREAM) != 0 ? " end" : "";
    String name = NAMES[type] + " " + stream;
    return switch (type) {
      case DATA -> (name + end + " " + payload.toString(ISO_8859_1)).trim();
      case HEADERS -> name + end + fields(stream, payload);
      case RST_STREAM, WINDOW_UPDATE -> name + " " + payload.readInt();
      case GOAWAY -> name + " " + payload.readInt() + " " + payload.readInt();
      case PING -> name + end + " " + payload.readLong();
      default -> name + end;
    };
  }

  private String fields(int stream, ByteBuf payload) throws Http2Exception {
    StringBuilder text = new StringBuilder();
    decoder
        .decodeHeaders(stream, payload)
        .forEach(
            field -> {
              if (!field.getKey().toString().matches("date|x-request-id")) {
                text.append(' ').append(field.getKey()).append('=').append(field.getValue());
              }
            });
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
