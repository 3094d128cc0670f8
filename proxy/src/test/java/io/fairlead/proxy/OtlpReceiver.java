package io.fairlead.proxy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** Takes spans as OTLP over HTTP, with whatever status it is told to answer. */
final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final List<ExportTraceServiceRequest> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile IntSupplier status = () -> 200;

  OtlpReceiver() throws IOException {
    this(0);
  }

  OtlpReceiver(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
    server.setExecutor(executor);
    server.createContext("/v1/traces", this::receive);
    server.start();
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      asked.incrementAndGet();
      var request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
      boolean protobuf =
          "application/x-protobuf".equals(exchange.getRequestHeaders().getFirst("content-type"));
      int answer = protobuf ? status.getAsInt() : 415;
      if (answer == 200) {
        requests.add(request);
        request
            .getResourceSpansList()
            .forEach(r -> r.getScopeSpansList().forEach(s -> spans.addAll(s.getSpansList())));
      }
      exchange.sendResponseHeaders(answer, -1);
    }
  }

  /** Answers with these statuses from now on; the call may wait. */
  void status(IntSupplier next) {
    status = next;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  int port() {
    return server.getAddress().getPort();
  }

  int asked() {
    return asked.get();
  }

  List<Span> spans() {
    return List.copyOf(spans);
  }

  List<ExportTraceServiceRequest> requests() {
    return List.copyOf(requests);
  }

  /** Waits until there are so many spans. */
  List<Span> await(int count) {
    return await(all -> all.size() >= count);
  }

  List<Span> await(Predicate<List<Span>> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> condition.test(spans()));
    return spans();
  }

  /** The text or number of an attribute; empty if it is not there. */
  static String attribute(Span span, String key) {
    for (KeyValue attribute : span.getAttributesList()) {
      if (attribute.getKey().equals(key)) {
        AnyValue value = attribute.getValue();
        return value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue();
      }
    }
    return "";
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
