package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.traffic.HostPort;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A server of one service that writes each whole request into the ledger and answers with its path
 * and the length of its body. It can be killed and started again on the same port.
 */
final class SoakUpstream implements AutoCloseable {
  /** Of answers to paths that ask for much. */
  static final int LARGE = 300_000;

  private final SoakLedger ledger;
  private final String service;
  private final HostPort address;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private volatile ServerSocket server;

  SoakUpstream(SoakLedger ledger, String service) throws IOException {
    this.ledger = ledger;
    this.service = service;
    server = listen(0);
    address = new HostPort("127.0.0.1", server.getLocalPort());
  }

  private ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_024);
    Thread.startVirtualThread(() -> accept(socket));
    return socket;
  }

  private void accept(ServerSocket socket) {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        connections.add(connection);
        Thread.startVirtualThread(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  HostPort address() {
    return address;
  }

  /** Ends at once: nobody listens, and every connection is reset. */
  void kill() throws IOException {
    server.close();
    for (Socket connection : connections) {
      reset(connection);
    }
  }

  private void reset(Socket connection) throws IOException {
    try {
      connection.setSoLinger(true, 0);
    } catch (SocketException e) {
      // Its own thread was faster.
      connections.remove(connection);
    }
    connection.close();
  }

  void restart() throws IOException {
    server = listen(address.port());
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(connection.getInputStream());
      for (String head = head(in); !head.isEmpty(); head = head(in)) {
        int body = body(head, in);
        String path = head.substring(head.indexOf(' ') + 1, head.indexOf(" HTTP/"));
        String[] parts = path.split("/");
        ledger.recorded(Integer.parseInt(parts[parts.length - 1]), parts[1].equals(service));
        String text = service + " " + path + " " + body;
        int pad = path.contains("/large/") ? LARGE - text.length() : 0;
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + (text.length() + pad) + "\r\n\r\n";
        answer += text + ".".repeat(pad);
        connection.getOutputStream().write(answer.getBytes(ISO_8859_1));
      }
    } catch (IOException e) {
      // Killed, or given up by the proxy: the ledger tells whether anything was lost.
      connections.remove(connection);
    } finally {
      connections.remove(connection);
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int octet = in.read(); octet >= 0; octet = in.read()) {
      head.append((char) octet);
      int length = head.length();
      if (octet == '\n' && length > 3 && head.charAt(length - 3) == '\n') {
        return head.toString();
      }
    }
    return "";
  }

  private static int body(String head, InputStream in) throws IOException {
    String lower = head.toLowerCase(Locale.ROOT);
    if (lower.contains("\r\ntransfer-encoding: chunked\r\n")) {
      int sum = 0;
      for (int size = chunk(in); size > 0; size = chunk(in)) {
        sum += skip(in, size);
        skip(in, 2);
      }
      skip(in, 2);
      return sum;
    }
    int at = lower.indexOf("\r\ncontent-length: ");
    return at < 0
        ? 0
        : skip(in, Integer.parseInt(lower, at + 18, lower.indexOf('\r', at + 18), 10));
  }

  private static int chunk(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        throw new IOException("the stream ended in a chunk");
      }
      line.append((char) octet);
    }
    return Integer.parseInt(line.toString().trim(), 16);
  }

  private static int skip(InputStream in, int count) throws IOException {
    in.skipNBytes(count);
    return count;
  }

  @Override
  public void close() throws IOException {
    kill();
  }
}
