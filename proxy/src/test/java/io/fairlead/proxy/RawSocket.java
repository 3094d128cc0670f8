package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.traffic.HostPort;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** A socket that speaks octets, with just enough HTTP to find the end of a message. */
final class RawSocket implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private final List<String> heads;
  private volatile boolean closesOnRequest;

  RawSocket(Socket socket, List<String> heads) throws IOException {
    this.socket = socket;
    this.heads = heads;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
    in = new BufferedInputStream(socket.getInputStream());
  }

  static RawSocket connect(HostPort address) throws IOException {
    return new RawSocket(new Socket(address.host(), address.port()), new ArrayList<>());
  }

  /** A client whose small receive buffer fills soon. */
  static RawSocket connectWithSmallBuffer(HostPort address) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(16 << 10);
    socket.connect(new java.net.InetSocketAddress(address.host(), address.port()));
    return new RawSocket(socket, new ArrayList<>());
  }

  RawSocket send(String octets) throws IOException {
    socket.getOutputStream().write(octets.getBytes(ISO_8859_1));
    return this;
  }

  RawSocket send(byte[] octets) throws IOException {
    socket.getOutputStream().write(octets);
    return this;
  }

  /** Up to and with the empty line; empty at the end of the stream. */
  String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (true) {
      int octet = in.read();
      if (octet < 0) {
        return head.size() == 0 ? "" : head.toString(ISO_8859_1) + "(end)";
      }
      head.write(octet);
      if (octet == '\n' && head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
        heads.add(head.toString(ISO_8859_1));
        if (closesOnRequest) {
          socket.close();
          return "";
        }
        return head.toString(ISO_8859_1);
      }
    }
  }

  String read(int count) throws IOException {
    byte[] octets = in.readNBytes(count);
    return new String(octets, ISO_8859_1);
  }

  /** Head and body, framing included; empty at the end of the stream. */
  String readMessage() throws IOException {
    String head = readHead();
    return head.isEmpty() ? "" : head + readBody(head);
  }

  /** The octets of a body with this head, framing included. */
  String readBody(String head) throws IOException {
    String lower = head.toLowerCase(Locale.ROOT);
    if (lower.contains("\r\ntransfer-encoding: chunked\r\n")) {
      StringBuilder body = new StringBuilder();
      String line;
      do {
        line = readLine();
        body.append(line).append("\r\n");
        int size = Integer.parseInt(line.split(";")[0], 16);
        if (size > 0) {
          body.append(read(size + 2));
        } else {
          do {
            line = readLine();
            body.append(line).append("\r\n");
          } while (!line.isEmpty());
          return body.toString();
        }
      } while (true);
    }
    int at = lower.indexOf("\r\ncontent-length: ");
    if (at < 0) {
      return "";
    }
    int from = at + "\r\ncontent-length: ".length();
    return read(Integer.parseInt(lower.substring(from, lower.indexOf('\r', from))));
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        throw new IOException("the stream ended in a line: " + line);
      }
      line.append((char) octet);
    }
    line.setLength(line.length() - 1);
    return line.toString();
  }

  /** Everything up to the end of the stream. */
  String readToEnd() throws IOException {
    return new String(in.readAllBytes(), ISO_8859_1);
  }

  InputStream in() {
    return in;
  }

  void closeOnNextRequest() {
    closesOnRequest = true;
  }

  void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** The TLS session; only of a secured socket. */
  SSLSession session() {
    return ((SSLSocket) socket).getSession();
  }

  /** Closes so that the other side sees a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
