package io.fairlead.traces;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.server.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real exporters of OpenTelemetry and hand-made messages against the running backend. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtlpIT {
  private static final int MAX_MESSAGE = 100_000;
  private static final String SPAN =
      """
      {"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"hand"}}]},
       "scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
        "spanId":"EEE19B7EC3C1B174","parentSpanId":"","name":"json","kind":2,
        "startTimeUnixNano":"1793534400000000000","endTimeUnixNano":1793534400005000000,
        "unknownField":1,"status":{"code":2,"message":"no"},
        "attributes":[{"key":"n","value":{"intValue":"7"}},{"key":"list","value":{"arrayValue":
          {"values":[{"stringValue":"a"},{"boolValue":true},{"kvlistValue":{"values":
          [{"key":"k","value":{"doubleValue":1.5}}]}}]}}}]}]}]}]}""";

  private final HttpClient http = HttpClient.newHttpClient();
  private TraceBackend backend;
  private Server api;
  private TracesClient client;

  @BeforeAll
  void start() throws IOException {
    var settings = new TraceBackendSettings("127.0.0.1", 0, 0, MAX_MESSAGE, 8);
    var store = new InMemorySpanStore(MemoryStoreSettings.defaults());
    backend = new TraceBackend(settings, store, Instant::now);
    backend.start();
    var builder = Server.builder().http(new InetSocketAddress("127.0.0.1", 0));
    backend.queries().mountOn(builder);
    api = builder.build();
    api.start().join();
    client = new TracesClient(URI.create("http://127.0.0.1:" + api.activeLocalPort() + "/"));
  }

  @AfterAll
  void stop() {
    client.close();
    var stopped = api.stop();
    backend.close();
    stopped.join();
    http.close();
  }

  private String endpoint(String path) {
    return "http://127.0.0.1:" + backend.ports().getLast() + path;
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip"})
  void theGrpcExporterOfOpenTelemetryIsServed(String compression) throws Exception {
    exportAndVerify(
        "grpc-" + compression,
        OtlpGrpcSpanExporter.builder()
            .setEndpoint("http://127.0.0.1:" + backend.ports().getFirst())
            .setCompression(compression)
            .build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip"})
  void theHttpExporterOfOpenTelemetryIsServed(String compression) throws Exception {
    exportAndVerify(
        "http-" + compression,
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint("/v1/traces"))
            .setCompression(compression)
            .build());
  }

  private void exportAndVerify(String service, SpanExporter exporter) throws Exception {
    var name = AttributeKey.stringKey("service.name");
    try (var provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(Attributes.of(name, service)))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .build()) {
      var tracer = provider.get("test");
      var start = Instant.now();
      var parent =
          tracer
              .spanBuilder("POST /orders")
              .setSpanKind(io.opentelemetry.api.trace.SpanKind.SERVER)
              .setStartTimestamp(start)
              .startSpan();
      var child =
          tracer
              .spanBuilder("charge")
              .setParent(Context.root().with(parent))
              .setStartTimestamp(start.plusMillis(10))
              .setAttribute("user.id", "u-1")
              .setAttribute("amount", 12.5)
              .setAttribute(AttributeKey.stringArrayKey("items"), List.of("a", "b"))
              .startSpan();
      child.addEvent("order_created");
      child.setStatus(StatusCode.ERROR, "no money");
      child.end(start.plusMillis(60));
      parent.end(start.plusMillis(100));
      assertThat(provider.forceFlush().join(20, TimeUnit.SECONDS).isSuccess()).isTrue();

      var id = TraceId.parse(parent.getSpanContext().getTraceId()).orElseThrow();
      var trace = client.trace(id).orElseThrow();
      assertThat(trace.spans()).extracting(Span::name).containsExactly("POST /orders", "charge");
      var charge = trace.spans().getLast();
      assertThat(charge.spanIdText()).isEqualTo(child.getSpanContext().getSpanId());
      assertThat(charge.parentSpanIdText()).isEqualTo(parent.getSpanContext().getSpanId());
      assertThat(charge.service()).isEqualTo(service);
      assertThat(charge.durationNanos()).isEqualTo(50_000_000);
      assertThat(charge.status()).isEqualTo(SpanStatus.ERROR);
      assertThat(charge.statusMessage()).isEqualTo("no money");
      assertThat(charge.attributes())
          .containsEntry("user.id", AttributeValue.of("u-1"))
          .containsEntry("amount", new AttributeValue.Real(12.5))
          .containsEntry("items", AttributeValue.of("[\"a\",\"b\"]"));
      assertThat(charge.events()).extracting(SpanEvent::name).containsExactly("order_created");
      assertThat(trace.spans().getFirst().kind()).isEqualTo(SpanKind.SERVER);

      var found =
          client.search(
              TraceQuery.latest(5)
                  .withService(service)
                  .withOutcome(TraceQuery.Outcome.ERROR)
                  .withTags(Map.of("user.id", "u-1"))
                  .withDuration(Duration.ofMillis(50), Duration.ofNanos(50_000_000))
                  .withStart(start.minusSeconds(60), start.plusSeconds(60)));
      assertThat(found).containsExactly(TraceSummary.of(trace));
    }
  }

  @Test
  void jsonIsReadWithHexadecimalIds() throws Exception {
    var answer = post(SPAN.getBytes(UTF_8), "application/json; charset=utf-8", "identity");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type").orElseThrow())
        .startsWith("application/json");
    assertThat(new String(answer.body(), UTF_8)).isEqualTo("{}");
    var id = TraceId.parse("5b8efff798038103d269b633813fc60c").orElseThrow();
    var span = client.trace(id).orElseThrow().spans().getFirst();
    assertThat(span.spanIdText()).isEqualTo("eee19b7ec3c1b174");
    assertThat(span.parentSpanId()).isZero();
    assertThat(span.kind()).isEqualTo(SpanKind.SERVER);
    assertThat(span.durationNanos()).isEqualTo(5_000_000);
    assertThat(span.attributes())
        .containsEntry("n", new AttributeValue.Int(7))
        .containsEntry("list", AttributeValue.of("[\"a\",true,{\"k\":1.5}]"));
  }

  @Test
  void aJsonMessageMayBePacked() throws Exception {
    var other = SPAN.replace("5B8EFFF7", "6B8EFFF7").getBytes(UTF_8);

    assertThat(post(gzip(other), "application/json", "gzip").statusCode()).isEqualTo(200);
    assertThat(client.trace(TraceId.parse("6b8efff798038103d269b633813fc60c").orElseThrow()))
        .isPresent();
  }

  @Test
  void whatBreaksARuleIsRejectedAndTheRestIsKept() throws Exception {
    var message = ExportTraceServiceRequest.newBuilder();
    var spans = message.addResourceSpansBuilder().addScopeSpansBuilder();
    var good = bytes("00000000000000000000000000000042");
    spans
        .addSpansBuilder()
        .setTraceId(good)
        .setSpanId(bytes("0000000000000001"))
        .setStartTimeUnixNano(5);
    spans
        .addSpansBuilder()
        .setTraceId(bytes("42"))
        .setSpanId(bytes("0000000000000001"))
        .setName("s");
    spans
        .addSpansBuilder()
        .setTraceId(good)
        .setSpanId(bytes("0000000000000000"))
        .setStartTimeUnixNano(5);
    spans.addSpansBuilder().setTraceId(good).setSpanId(bytes("0000000000000003"));
    spans.addSpansBuilder().setTraceId(good).setSpanId(bytes("0000000000000004"));

    var answer = post(message.build().toByteArray(), "application/x-protobuf", "identity");

    assertThat(answer.statusCode()).isEqualTo(200);
    var partial = ExportTraceServiceResponse.parseFrom(answer.body()).getPartialSuccess();
    assertThat(partial.getRejectedSpans()).isEqualTo(4);
    assertThat(partial.getErrorMessage())
        .isEqualTo(
            "span 's' of unknown_service: traceId: must be 16 bytes, was 1;"
                + " span '' of unknown_service: spanId: must not be all zero;"
                + " span '' of unknown_service: startTimeUnixNano: must be above 0, was 0");
    assertThat(client.trace(new TraceId(0, 0x42)).orElseThrow().spans()).hasSize(1);
  }

  @Test
  void anEndBeforeTheStartIsTakenForNoDuration() throws Exception {
    var message = ExportTraceServiceRequest.newBuilder();
    message
        .addResourceSpansBuilder()
        .addScopeSpansBuilder()
        .addSpansBuilder()
        .setTraceId(bytes("00000000000000000000000000000043"))
        .setSpanId(bytes("0000000000000001"))
        .setStartTimeUnixNano(5)
        .setEndTimeUnixNano(4);
    post(message.build().toByteArray(), "application/x-protobuf", "identity");

    assertThat(client.trace(new TraceId(0, 0x43)).orElseThrow().spans().getFirst())
        .extracting(Span::durationNanos)
        .isEqualTo(0L);
  }

  @Test
  void wrongMessagesAreRefusedWithAStatus() throws Exception {
    var text = post("{".getBytes(UTF_8), "application/json", "identity");
    assertThat(text.statusCode()).isEqualTo(400);
    assertThat(new String(text.body(), UTF_8)).startsWith("{\"code\":3,\"message\":\"not JSON: ");

    var binary = post(new byte[] {1, 2, 3}, "application/x-protobuf", "identity");
    assertThat(binary.statusCode()).isEqualTo(400);
    assertThat(binary.headers().firstValue("content-type")).hasValue("application/x-protobuf");
    assertThat(new String(binary.body(), UTF_8)).contains("not an ExportTraceServiceRequest");

    var nested = "{\"resourceSpans\":" + "[".repeat(5_000);
    assertThat(post(nested.getBytes(UTF_8), "application/json", "identity").statusCode())
        .isEqualTo(400);
    assertThat(post(new byte[] {1}, "application/x-protobuf", "gzip").statusCode()).isEqualTo(400);
    assertThat(post(new byte[0], "application/x-protobuf", "br").statusCode()).isEqualTo(400);
    assertThat(post(new byte[0], "text/plain", "identity").statusCode()).isEqualTo(415);
  }

  @Test
  void messagesAreBoundedBeforeAndAfterTheyAreUnpacked() throws Exception {
    assertThat(post(new byte[MAX_MESSAGE + 1], "application/x-protobuf", "identity").statusCode())
        .isEqualTo(413);
    var bomb = gzip(new byte[50 * MAX_MESSAGE]);
    assertThat(bomb).hasSizeLessThan(MAX_MESSAGE);
    var answer = post(bomb, "application/json", "gzip");
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(new String(answer.body(), UTF_8))
        .isEqualTo("{\"code\":8,\"message\":\"message: must be at most 100000 bytes\"}");
  }

  @Test
  void messagesOverGrpcAreBoundedToo() {
    var message = ExportTraceServiceRequest.newBuilder();
    var spans = message.addResourceSpansBuilder().addScopeSpansBuilder();
    spans.addSpansBuilder().setName("x".repeat(MAX_MESSAGE));
    var stub =
        GrpcClients.newClient(
            "gproto+http://127.0.0.1:" + backend.ports().getFirst(),
            TraceServiceGrpc.TraceServiceBlockingStub.class);
    for (var sender : List.of(stub, stub.withCompression("gzip"))) {
      var refused =
          catchThrowableOfType(StatusRuntimeException.class, () -> sender.export(message.build()));
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  void queriesWithFaultsNameEveryOneOfThem() throws Exception {
    var uri =
        "http://127.0.0.1:%d/api/v1/traces?limit=0&last=10&tag=x&error=maybe&from=noon&sort=up"
            .formatted(api.activeLocalPort());
    var answer =
        http.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(answer.body())
        .contains("limit: must be 1 to 1000, was '0'")
        .contains("last: must be a number with its unit")
        .contains("tag: must be KEY=VALUE, was 'x'")
        .contains("error: must be true or false, was 'maybe'")
        .contains("from: must be a time such as 2026-11-01T12:00:00Z, was 'noon'")
        .contains("sort: is not a known parameter");
  }

  @Test
  void theAnalysisComesWithTheTrace() throws Exception {
    var span = SPAN.replace("5B8EFFF7", "7B8EFFF7").getBytes(UTF_8);
    post(span, "application/json", "identity");
    var uri =
        "http://127.0.0.1:%d/api/v1/traces/7B8EFFF798038103D269B633813FC60C"
            .formatted(api.activeLocalPort());
    var answer =
        http.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());

    assertThat(answer.body())
        .contains("\"failingSpanId\":\"eee19b7ec3c1b174\"")
        .contains("\"criticalPath\":[{\"spanId\":\"eee19b7ec3c1b174\"")
        .contains("The error started in hand, json: no.");
  }

  @Test
  void unknownTracesAndWrongIdsAreToldApart() throws Exception {
    assertThat(client.trace(new TraceId(9, 9))).isEmpty();
    var uri = "http://127.0.0.1:%d/api/v1/traces/xyz".formatted(api.activeLocalPort());
    var answer =
        http.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .contains("id: must be 32 hexadecimal digits, not all zero, was 'xyz'");
  }

  @Test
  void servicesStatsAndMetricsAreServed() throws Exception {
    post(SPAN.getBytes(UTF_8), "application/json", "identity");

    assertThat(client.services())
        .contains(new SpanStore.ServiceOperations("hand", List.of("json")));
    assertThat(client.stats().spans()).isPositive();
    assertThat(backend.prometheus())
        .containsPattern("(?m)^fairlead_traces_spans_stored_total [1-9]\\d*$");
  }

  private HttpResponse<byte[]> post(byte[] body, String type, String encoding) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(endpoint("/v1/traces")))
            .header("content-type", type)
            .header("content-encoding", encoding)
            .POST(BodyPublishers.ofByteArray(body))
            .build();
    return http.send(request, BodyHandlers.ofByteArray());
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }
}
