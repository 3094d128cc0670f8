package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that does exactly what a script says, octet by octet, and records what reached it. */
final class RawUpstream implements AutoCloseable {
  /** What to do with a connection; it is closed afterwards. */
  interface Script {
    void run(RawSocket connection) throws IOException;
  }

  private final ServerSocket server;
  private final AtomicInteger accepted = new AtomicInteger();
  private final List<RawSocket> connections = new CopyOnWriteArrayList<>();
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final Thread accepting;
  private volatile Script script;

  RawUpstream(Script script) throws IOException {
    this(new ServerSocket(0, 1_024, InetAddress.getLoopbackAddress()), script);
  }

  RawUpstream(ServerSocket server, Script script) {
    this.script = script;
    this.server = server;
    accepting = Thread.startVirtualThread(this::accept);
  }

  /** Answers every request of every connection with these octets. */
  static RawUpstream answering(String answer) throws IOException {
    return new RawUpstream(
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            connection.send(answer);
          }
        });
  }

  /** Answers every request with 200 and this body. */
  static RawUpstream ok(String body) throws IOException {
    return answering(okAnswer(body));
  }

  static String okAnswer(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  void script(Script other) {
    script = other;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        accepted.incrementAndGet();
        RawSocket connection = new RawSocket(socket, heads);
        connections.add(connection);
        Thread.startVirtualThread(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(RawSocket connection) {
    try (connection) {
      script.run(connection);
    } catch (IOException e) {
      heads.add("(" + e.getMessage() + ")");
    }
  }

  HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  int accepted() {
    return accepted.get();
  }

  /** The heads of all requests that reached it, in order, without the ids of requests. */
  List<String> heads() {
    return wholeHeads().stream().map(head -> head.replaceAll("x-request-id: .*\r\n", "")).toList();
  }

  /** The heads of all requests that reached it, in order. */
  List<String> wholeHeads() {
    return heads.stream().filter(head -> !head.startsWith("(")).toList();
  }

  /** Every connection that is open now is closed as soon as another request has reached it. */
  void closeOnNextRequest() {
    connections.forEach(RawSocket::closeOnNextRequest);
  }

  void closeConnections() throws IOException {
    for (RawSocket connection : connections) {
      connection.close();
    }
  }

  /** From now on connections are refused: the socket is open until nobody waits for it any more. */
  @Override
  public void close() throws IOException {
    server.close();
    try {
      assertThat(accepting.join(Duration.ofSeconds(10))).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    closeConnections();
  }

  static byte[] octets(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
