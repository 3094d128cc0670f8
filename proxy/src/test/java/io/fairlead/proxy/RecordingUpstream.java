package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/** Records the requests that it understood, each as method, target and body, and says "hello". */
sealed interface RecordingUpstream extends AutoCloseable {
  /** What reads the requests. */
  enum Kind {
    /** The test's own reader, which takes octets as they come. */
    RAW,
    JETTY,
    JETTY_HTTP_2;

    RecordingUpstream start() throws Exception {
      return switch (this) {
        case RAW -> new Raw();
        case JETTY -> new Jetty(Cluster.Protocol.HTTP_1);
        case JETTY_HTTP_2 -> new Jetty(Cluster.Protocol.HTTP_2);
      };
    }
  }

  HostPort address();

  Cluster.Protocol protocol();

  List<String> requests();

  /** Sends all requests of the front to this upstream. */
  default Snapshot snapshot() {
    var plain = Model.plain(ResilienceSettings.none(), address());
    var clusters = plain.clusters().stream().map(cluster -> cluster.withProtocol(protocol()));
    return new Snapshot(
        plain.listeners(),
        plain.routeTables(),
        clusters.toList(),
        plain.endpoints(),
        plain.secrets());
  }

  private static String request(String method, String target, String body) {
    return (method + " " + target + " " + body).trim();
  }

  /** See {@link Kind#RAW}. */
  final class Raw implements RecordingUpstream {
    private static final Pattern LENGTH = Pattern.compile("(?i)\ncontent-length: *(\\d+)");

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final RawUpstream server = new RawUpstream(this::serve);

    private Raw() throws IOException {}

    private void serve(RawSocket connection) throws IOException {
      for (String head = connection.readHead(); !head.isEmpty(); head = connection.readHead()) {
        String body = connection.readBody(head);
        String[] line = head.split(" ", 3);
        boolean chunked = head.toLowerCase(Locale.ROOT).contains("\ntransfer-encoding: chunked");
        if (!isWhole(head, body, chunked)) {
          return;
        }
        requests.add(request(line[0], line[1], chunked ? joined(body) : body));
        connection.send(RawUpstream.okAnswer("hello"));
      }
    }

    /** What ends with its connection before its framing says so is no request. */
    private static boolean isWhole(String head, String body, boolean chunked) {
      if (chunked) {
        return body.endsWith("\r\n\r\n");
      }
      var length = LENGTH.matcher(head);
      return !length.find() || body.length() == Integer.parseInt(length.group(1));
    }

    private static String joined(String chunks) {
      StringBuilder body = new StringBuilder();
      int at = 0;
      while (true) {
        int line = chunks.indexOf("\r\n", at);
        int size = Integer.parseInt(chunks.substring(at, line).split(";")[0], 16);
        if (size == 0) {
          return body.toString();
        }
        body.append(chunks, line + 2, line + 2 + size);
        at = line + 2 + size + 2;
      }
    }

    @Override
    public HostPort address() {
      return server.address();
    }

    @Override
    public Cluster.Protocol protocol() {
      return Cluster.Protocol.HTTP_1;
    }

    @Override
    public List<String> requests() {
      return requests;
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  /** A server that many use, as lenient as it comes. */
  final class Jetty extends Handler.Abstract implements RecordingUpstream {
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Cluster.Protocol protocol;
    private final Server server = new Server();
    private final ServerConnector connector;

    private Jetty(Cluster.Protocol protocol) throws Exception {
      this.protocol = protocol;
      var configuration = new HttpConfiguration();
      connector =
          new ServerConnector(
              server,
              protocol == Cluster.Protocol.HTTP_1
                  ? new HttpConnectionFactory(configuration)
                  : new HTTP2CServerConnectionFactory(configuration));
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      server.setHandler(this);
      server.start();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      String body = Content.Source.asString(request, ISO_8859_1);
      requests.add(request(request.getMethod(), request.getHttpURI().getPathQuery(), body));
      Content.Sink.write(response, true, "hello", callback);
      return true;
    }

    @Override
    public HostPort address() {
      return new HostPort("127.0.0.1", connector.getLocalPort());
    }

    @Override
    public Cluster.Protocol protocol() {
      return protocol;
    }

    @Override
    public List<String> requests() {
      return requests;
    }

    @Override
    public void close() throws Exception {
      server.stop();
    }
  }
}
