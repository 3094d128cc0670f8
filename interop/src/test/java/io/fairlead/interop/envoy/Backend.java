package io.fairlead.interop.envoy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An application that answers with its own name; the path says otherwise: {@code /status/503}
 * answers that, {@code /hang} nothing until it is closed.
 */
final class Backend implements AutoCloseable {
  private final String name;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch ending = new CountDownLatch(1);
  private final List<String> requests = new CopyOnWriteArrayList<>();

  Backend(String name) {
    this.name = name;
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    StringBuilder seen = new StringBuilder(exchange.getRequestURI().toString());
    exchange
        .getRequestHeaders()
        .forEach(
            (key, values) ->
                values.forEach(
                    value ->
                        seen.append('\n')
                            .append(key.toLowerCase(java.util.Locale.ROOT))
                            .append(": ")
                            .append(value)));
    requests.add(seen.toString());
    try (exchange) {
      if (path.equals("/hang")) {
        ending.await();
        return;
      }
      int status = path.startsWith("/status/") ? Integer.parseInt(path.substring(8)) : 200;
      exchange.getResponseHeaders().add("x-from", name);
      exchange.sendResponseHeaders(status, -1);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  String name() {
    return name;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Target and fields of each request that came. */
  List<String> requests() {
    return requests;
  }

  @Override
  public void close() {
    ending.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
