package io.fairlead.proxy;

import static io.fairlead.proxy.OtlpReceiver.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener.Role;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Spans of real requests, as a receiver gets them. */
@ExtendWith(LeakCheck.class)
class SpansIT {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + CALLER + "-01";
  private static final ResilienceSettings NONE = ResilienceSettings.none();

  private final OtlpReceiver receiver;
  private final Front front;

  SpansIT() throws IOException {
    receiver = new OtlpReceiver();
    front =
        new Front(
            DataPlaneSettings.of("shop-1", "shop").withEventLoops(1).withOtlp(receiver.uri()));
  }

  @AfterEach
  void stop() {
    front.close();
    receiver.close();
  }

  private static String get(String... fields) {
    StringBuilder head = new StringBuilder("GET /orders/7?q=1 HTTP/1.1\r\nHost: shop:80\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  private static String hex(ByteString octets) {
    return HexFormat.of().formatHex(octets.toByteArray());
  }

  private static List<String> values(String head, String name) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2))
        .toList();
  }

  private static Span only(List<Span> spans, SpanKind kind) {
    var found = spans.stream().filter(span -> span.getKind() == kind).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  @Test
  void callersTraceGoesOnThroughListenerAndAttempt() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(Model.recorded(Model.plain(NONE, upstream.address()), Role.INBOUND));
      try (var client = front.client()) {
        client.send(get("TraceParent: " + PARENT, "tracestate: a=1,b=2")).readMessage();
        client.send(get("traceparent: " + PARENT)).readMessage();
      }
      var spans = receiver.await(4).subList(0, 2);
      Span server = only(spans, SpanKind.SPAN_KIND_SERVER);
      Span attempt = only(spans, SpanKind.SPAN_KIND_CLIENT);
      assertThat(hex(server.getTraceId())).isEqualTo(TRACE);
      assertThat(hex(server.getParentSpanId())).isEqualTo(CALLER);
      assertThat(attempt.getTraceId()).isEqualTo(server.getTraceId());
      assertThat(attempt.getParentSpanId()).isEqualTo(server.getSpanId());
      String head = upstream.heads().getFirst();
      assertThat(values(head, "traceparent"))
          .containsExactly("00-" + TRACE + "-" + hex(attempt.getSpanId()) + "-01");
      assertThat(values(head, "tracestate")).containsExactly("a=1,b=2");
      assertThat(head).doesNotContain(CALLER, "b3:");
      assertThat(server.getTraceState()).isEqualTo("a=1,b=2");
      assertThat(server.getStartTimeUnixNano()).isLessThanOrEqualTo(attempt.getStartTimeUnixNano());
      assertThat(server.getEndTimeUnixNano()).isGreaterThanOrEqualTo(attempt.getEndTimeUnixNano());
      assertThat(server.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_UNSET);
    }
  }

  @Test
  void spansSayWhatHappened() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(Model.recorded(Model.plain(NONE, upstream.address()), Role.INBOUND));
      try (var client = front.client()) {
        client.send(get("User-Agent: curl/8")).readMessage();
      }
      var spans = receiver.await(2);
      var resource = receiver.requests().getFirst().getResourceSpans(0).getResource();
      assertThat(resource.getAttributes(0).getKey()).isEqualTo("service.name");
      assertThat(resource.getAttributes(0).getValue().getStringValue()).isEqualTo("shop");
      for (Span span : spans) {
        assertThat(span.getName()).isEqualTo("GET all");
        assertThat(attribute(span, "http.request.method")).isEqualTo("GET");
        assertThat(attribute(span, "url.path")).isEqualTo("/orders/7");
        assertThat(attribute(span, "http.response.status_code")).isEqualTo("200");
        assertThat(attribute(span, "server.address")).isEqualTo("shop");
        assertThat(attribute(span, "server.port")).isEqualTo("80");
        assertThat(attribute(span, "rpc.system")).isEmpty();
        assertThat(attribute(span, "fairlead.component")).isEqualTo("inbound");
        assertThat(attribute(span, "fairlead.cluster")).isEqualTo("backend");
        assertThat(attribute(span, "error.type")).isEmpty();
        assertThat(attribute(span, "fairlead.reason")).isEmpty();
      }
      Span attempt = only(spans, SpanKind.SPAN_KIND_CLIENT);
      assertThat(attribute(attempt, "fairlead.endpoint")).isEqualTo("backend-0");
      assertThat(attribute(attempt, "url.full")).isEqualTo("http://shop/orders/7");
      assertThat(attribute(attempt, "network.peer.address")).isEqualTo("127.0.0.1");
      assertThat(attribute(attempt, "network.peer.port"))
          .isEqualTo(Integer.toString(upstream.address().port()));
      Span server = only(spans, SpanKind.SPAN_KIND_SERVER);
      assertThat(attribute(server, "url.scheme")).isEqualTo("http");
      assertThat(attribute(server, "network.protocol.version")).isEqualTo("1.1");
      assertThat(attribute(server, "user_agent.original")).isEqualTo("curl/8");
      assertThat(attribute(server, "client.address")).isEqualTo("127.0.0.1");
      assertThat(attribute(server, "network.peer.address")).isEqualTo("127.0.0.1");
      assertThat(attribute(server, "network.peer.port")).isNotEmpty();
    }
  }

  @Test
  void callOfGrpcNamesItsServiceAndMethod() throws IOException {
    try (var upstream = RawUpstream.ok("")) {
      front.apply(Model.recorded(Model.plain(NONE, upstream.address()), Role.INBOUND));
      try (var client = front.client()) {
        client
            .send(
                "POST /shop.v1.Orders/Place HTTP/1.1\r\nHost: [::1]:9000\r\n"
                    + "content-type: application/grpc+proto\r\nContent-Length: 0\r\n\r\n")
            .readMessage();
      }
      for (Span span : receiver.await(2)) {
        assertThat(attribute(span, "rpc.system")).isEqualTo("grpc");
        assertThat(attribute(span, "rpc.service")).isEqualTo("shop.v1.Orders");
        assertThat(attribute(span, "rpc.method")).isEqualTo("Place");
        assertThat(attribute(span, "server.address")).isEqualTo("[::1]");
        assertThat(attribute(span, "server.port")).isEqualTo("9000");
      }
    }
  }

  @Test
  void retryIsASecondSpanWhoseContextIsSent() throws IOException {
    String failed = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    try (var bad = RawUpstream.answering(failed)) {
      var retrying = NONE.withRetry(RetrySettings.defaults());
      front.apply(Model.recorded(Model.plain(retrying, bad.address()), Role.OUTBOUND));
      try (var client = front.client()) {
        assertThat(
                client
                    .send(get("traceparent: " + PARENT, "b3: " + TRACE + "-" + CALLER + "-1"))
                    .readMessage())
            .startsWith("HTTP/1.1 503");
      }
      int attempts = bad.heads().size();
      assertThat(attempts).isGreaterThan(1);
      var spans = receiver.await(attempts + 1);
      Span server = only(spans, SpanKind.SPAN_KIND_SERVER);
      assertThat(server.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
      var sent = spans.stream().filter(s -> s.getKind() == SpanKind.SPAN_KIND_CLIENT).toList();
      assertThat(sent).extracting(Span::getParentSpanId).containsOnly(server.getSpanId());
      for (int i = 0; i < attempts; i++) {
        String id = hex(sent.get(i).getSpanId());
        assertThat(values(bad.heads().get(i), "traceparent"))
            .containsExactly("00-" + TRACE + "-" + id + "-01");
        assertThat(values(bad.heads().get(i), "b3"))
            .containsExactly(TRACE + "-" + id + "-1-" + hex(server.getSpanId()));
        assertThat(sent.get(i).getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
        assertThat(attribute(sent.get(i), "error.type")).isEqualTo("503");
        assertThat(attribute(sent.get(i), "http.request.resend_count"))
            .isEqualTo(i == 0 ? "" : Integer.toString(i));
      }
      assertThat(sent.stream().map(Span::getSpanId).distinct()).hasSize(attempts);
    }
  }

  @Test
  void refusalOfTheProxyHasAListenerSpanOnly() throws IOException {
    var guarded = NONE.withCircuitBreaker(CircuitBreakerSettings.defaults());
    front.apply(Model.recorded(Model.plain(guarded, closedPort()), Role.OUTBOUND));
    try (var client = front.client()) {
      for (int i = 0; i < 10; i++) {
        client.send(get()).readMessage();
      }
      receiver.await(20);
      assertThat(client.send(get("traceparent: " + PARENT)).readMessage()).contains("circuit-open");
    }
    Span span = receiver.await(21).getLast();
    assertThat(span.getKind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);
    assertThat(hex(span.getTraceId())).isEqualTo(TRACE);
    assertThat(span.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
    assertThat(attribute(span, "fairlead.reason")).isEqualTo("circuit-open");
    assertThat(attribute(span, "error.type")).isEqualTo("circuit-open");
    assertThat(attribute(span, "http.response.status_code")).isEqualTo("503");
    Span refused = receiver.spans().getFirst();
    assertThat(refused.getKind()).isEqualTo(SpanKind.SPAN_KIND_CLIENT);
    assertThat(attribute(refused, "error.type")).isEqualTo("connect-failed");
  }

  private static HostPort closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return new HostPort("127.0.0.1", socket.getLocalPort());
    }
  }

  @Test
  void b3InSeveralHeadersGoesOnInSeveralAndAsTraceparent() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(Model.recorded(Model.plain(NONE, upstream.address()), Role.INBOUND));
      try (var client = front.client()) {
        client
            .send(
                get(
                    "X-B3-TraceId: " + TRACE,
                    "X-B3-SpanId: " + CALLER,
                    "X-B3-ParentSpanId: 0000000000000009",
                    "X-B3-Sampled: 1",
                    "tracestate: stale=1"))
            .readMessage();
      }
      var spans = receiver.await(2);
      Span server = only(spans, SpanKind.SPAN_KIND_SERVER);
      String id = hex(only(spans, SpanKind.SPAN_KIND_CLIENT).getSpanId());
      assertThat(hex(server.getParentSpanId())).isEqualTo(CALLER);
      String head = upstream.heads().getFirst();
      assertThat(values(head, "traceparent")).containsExactly("00-" + TRACE + "-" + id + "-01");
      assertThat(values(head, "x-b3-traceid")).containsExactly(TRACE);
      assertThat(values(head, "x-b3-spanid")).containsExactly(id);
      assertThat(values(head, "x-b3-parentspanid")).containsExactly(hex(server.getSpanId()));
      assertThat(values(head, "x-b3-sampled")).containsExactly("1");
      assertThat(head).doesNotContain("stale", "b3: ");
    }
  }

  @Test
  void whatTheCallerDoesNotRecordPassesAndIsNotRecorded() throws IOException {
    String unrecorded = "traceparent: 00-" + TRACE + "-" + CALLER + "-00";
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(Model.recorded(Model.plain(NONE, upstream.address()), Role.INBOUND));
      try (var client = front.client()) {
        client.send(get(unrecorded, "tracestate: a=1")).readMessage();
        client.send(get("b3: 0")).readMessage();
        client.send(get()).readMessage();
      }
      assertThat(upstream.heads().get(0)).contains(unrecorded, "tracestate: a=1");
      String head = upstream.heads().get(1);
      assertThat(values(head, "traceparent").getFirst()).endsWith("-02");
      assertThat(values(head, "b3").getFirst()).contains("-0-");
      assertThat(receiver.await(2)).hasSize(2);
      assertThat(hex(receiver.spans().getFirst().getTraceId())).isNotEqualTo(TRACE);
    }
  }

  @Test
  void traceThatBeginsHereIsRecordedByItsListenersShare() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      // Listeners of the model record nothing of their own accord.
      front.apply(Model.plain(NONE, upstream.address()));
      try (var client = front.client()) {
        client.send(get("traceparent: rubbish", "tracestate: stale=1")).readMessage();
        client.send(get("tracestate: stale=1")).readMessage();
        client.send(get("traceparent: " + PARENT)).readMessage();
      }
      for (String head : upstream.heads().subList(0, 2)) {
        assertThat(values(head, "traceparent")).hasSize(1);
        assertThat(values(head, "traceparent").getFirst()).matches("00-\\w{32}-\\w{16}-02");
        assertThat(head).doesNotContain("stale", "rubbish");
      }
      assertThat(receiver.await(2)).extracting(span -> hex(span.getTraceId())).containsOnly(TRACE);
    }
  }

  @Test
  void closeFlushesTheLastSpans() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(Model.recorded(Model.plain(NONE, upstream.address()), Role.INBOUND));
      try (var client = front.client()) {
        client.send(get()).readMessage();
      }
      front.close();
      assertThat(receiver.spans()).hasSize(2);
    }
  }
}
