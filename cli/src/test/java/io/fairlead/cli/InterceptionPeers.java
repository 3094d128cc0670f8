package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Executors;

/**
 * Programs that know nothing of a proxy, for the other end of intercepted connections. {@code http
 * NAME PORT} says what it saw of a request; {@code banner PORT} speaks first, and counts what its
 * client says until that ends its direction; {@code ask HOST PORT TEXT} is a client that sends and
 * ends its direction before it reads.
 */
final class InterceptionPeers {
  private static final int TIMEOUT_MILLIS = 8_000;

  private InterceptionPeers() {}

  /** Several servers may be named one after another, parted by commas. */
  public static void main(String[] arguments) throws IOException {
    for (int i = 0; i < arguments.length; ) {
      switch (arguments[i]) {
        case "http" -> {
          http(arguments[i + 1], Integer.parseInt(arguments[i + 2]));
          i += 3;
        }
        case "banner" -> {
          banner(Integer.parseInt(arguments[i + 1]));
          i += 2;
        }
        case "ask" -> {
          ask(arguments[i + 1], Integer.parseInt(arguments[i + 2]), arguments[i + 3]);
          i += 4;
        }
        default -> throw new IllegalArgumentException("unknown: " + arguments[i]);
      }
    }
  }

  private static void http(String name, int port) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> answer(name, exchange));
    server.start();
  }

  private static void answer(String name, HttpExchange exchange) throws IOException {
    boolean proxied = exchange.getRequestHeaders().containsKey("x-request-id");
    var caller = exchange.getRequestHeaders().getFirst("x-forwarded-client-cert");
    var text =
        name
            + (proxied ? " through a proxy" : " directly")
            + (caller == null ? "" : " for " + caller.replaceAll(".*/sa/", ""));
    exchange.sendResponseHeaders(200, text.length());
    try (var body = exchange.getResponseBody()) {
      body.write(text.getBytes(ISO_8859_1));
    }
  }

  private static void banner(int port) throws IOException {
    var server = new ServerSocket();
    server.bind(new InetSocketAddress(port));
    Thread.ofPlatform()
        .start(
            () -> {
              while (true) {
                try (var client = server.accept()) {
                  client.getOutputStream().write("220 ready, ".getBytes(ISO_8859_1));
                  var said = client.getInputStream().readAllBytes();
                  client.getOutputStream().write(("got " + said.length).getBytes(ISO_8859_1));
                } catch (IOException broken) {
                  System.err.println("banner: " + broken);
                }
              }
            });
  }

  private static void ask(String host, int port, String text) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      var first = new StringBuilder();
      var in = socket.getInputStream();
      if (text.isEmpty()) {
        // What waits for the server says nothing until it has been greeted.
        first.append(new String(in.readNBytes("220 ready, ".length()), ISO_8859_1));
      }
      socket.getOutputStream().write((text.isEmpty() ? "EHLO" : text).getBytes(ISO_8859_1));
      socket.shutdownOutput();
      System.out.println(first + new String(in.readAllBytes(), ISO_8859_1));
    } catch (IOException failed) {
      System.out.println("failed");
    }
  }
}
