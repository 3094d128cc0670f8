package io.fairlead.registry;

import com.linecorp.armeria.server.Server;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A registry on a loopback port, as a main program would wire it. */
final class TestServer implements AutoCloseable {
  private final Registry registry;
  private final Server server;

  private TestServer(Registry registry, Server server) {
    this.registry = registry;
    this.server = server;
  }

  /** Port 0 picks a free one. */
  static TestServer start(RegistrySettings settings, CatalogStore store, int port)
      throws StoreException {
    var registry = new Registry(settings, store, System::nanoTime);
    var builder = Server.builder().http(new InetSocketAddress("127.0.0.1", port));
    registry.http().mountOn(builder);
    builder.gracefulShutdownTimeoutMillis(0, 0);
    var server = builder.build();
    server.start().join();
    return new TestServer(registry, server);
  }

  Registry registry() {
    return registry;
  }

  int port() {
    return server.activeLocalPort();
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  @Override
  public void close() {
    int port = port();
    registry.close();
    var stopped = server.stop();
    // The event loops take two quiet seconds to end, which nobody needs to wait for.
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> stopped.isDone() || !accepts(port));
  }

  private static boolean accepts(int port) {
    try (var probe = new Socket("127.0.0.1", port)) {
      return probe.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
