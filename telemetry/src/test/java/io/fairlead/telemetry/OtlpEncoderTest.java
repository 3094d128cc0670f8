package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OtlpEncoderTest {
  private final OtlpEncoder encoder =
      new OtlpEncoder(
          "io.fairlead.proxy",
          new SpanResource("order", List.of(Attribute.of("service.instance.id", "order-1"))));

  @Test
  void generatedClassesReadWhatWasWritten() throws Exception {
    long seed = System.nanoTime();
    System.out.println("OTLP against generated classes: seed " + seed);
    var random = new Random(seed);
    for (int run = 0; run < 500; run++) {
      List<SpanRecord> spans = new ArrayList<>();
      for (int i = random.nextInt(20); i > 0; i--) {
        spans.add(randomSpan(random));
      }
      byte[] bytes = encoder.encode(spans);
      ExportTraceServiceRequest expected = generated(spans);
      assertThat(ExportTraceServiceRequest.parseFrom(bytes))
          .as("seed %d", seed)
          .isEqualTo(expected);
      // Not required by protobuf, but equal bytes mean equal order and no needless field.
      assertThat(bytes).as("seed %d", seed).isEqualTo(expected.toByteArray());
    }
  }

  @Test
  void batchLargerThanItsFirstBufferIsWhole() throws Exception {
    var context = TraceContext.root(new Random(1)::nextLong, Sampler.always());
    var span =
        new SpanRecord(
            context,
            SpanKind.SERVER,
            "x".repeat(100_000),
            1,
            2,
            SpanStatus.ERROR,
            Collections.nCopies(128, Attribute.of("key", "\u00e9".repeat(5_000))));
    var request = ExportTraceServiceRequest.parseFrom(encoder.encode(List.of(span, span)));
    assertThat(request).isEqualTo(generated(List.of(span, span)));
  }

  @Test
  void attributesAreBounded() {
    var context = TraceContext.root(new Random(1)::nextLong, Sampler.always());
    List<Attribute> many = Collections.nCopies(129, Attribute.of("key", 1));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new SpanRecord(context, SpanKind.SERVER, "GET", 1, 2, SpanStatus.UNSET, many))
        .withMessage("attributes: must be at most 128, was 129");
  }

  private static SpanRecord randomSpan(Random random) {
    var context =
        new TraceContext(
            random.nextLong(),
            random.nextLong() | 1,
            random.nextLong() | 1,
            random.nextBoolean() ? 0 : random.nextLong(),
            random.nextInt(4),
            random.nextBoolean() ? "" : "rojo=1");
    return new SpanRecord(
        context,
        SpanKind.values()[random.nextInt(3)],
        "GET " + text(random),
        random.nextLong(1L << 60),
        random.nextLong(1L << 40),
        SpanStatus.values()[random.nextInt(3)],
        attributes(random),
        random.nextBoolean()
            ? List.of()
            : List.of(
                new SpanEvent(
                    random.nextLong(1L << 60), "at " + text(random), attributes(random))));
  }

  private static List<Attribute> attributes(Random random) {
    List<Attribute> attributes = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      long number = random.nextLong() >> random.nextInt(64);
      attributes.add(
          random.nextBoolean()
              ? Attribute.of("text." + i, text(random))
              : Attribute.of("number." + i, number));
    }
    return attributes;
  }

  private static String text(Random random) {
    String[] texts = {
      "", "GET /orders/{id}", "\u00e4\u20ac\ud83d\ude80", "plain then \u00e9", "x".repeat(200)
    };
    return texts[random.nextInt(texts.length)];
  }

  private static ExportTraceServiceRequest generated(List<SpanRecord> spans) {
    var scope =
        ScopeSpans.newBuilder()
            .setScope(InstrumentationScope.newBuilder().setName("io.fairlead.proxy"));
    spans.forEach(span -> scope.addSpans(generated(span)));
    var resource =
        Resource.newBuilder()
            .addAttributes(generated(Attribute.of("service.name", "order")))
            .addAttributes(generated(Attribute.of("service.instance.id", "order-1")));
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(ResourceSpans.newBuilder().setResource(resource).addScopeSpans(scope))
        .build();
  }

  private static Span generated(SpanRecord span) {
    TraceContext context = span.context();
    Span.Builder builder =
        Span.newBuilder()
            .setTraceId(id(context.traceIdHigh(), context.traceIdLow()))
            .setSpanId(id(context.spanId()))
            .setTraceState(context.traceState())
            .setName(span.name())
            .setKind(Span.SpanKind.valueOf("SPAN_KIND_" + span.kind()))
            .setStartTimeUnixNano(span.startEpochNanos())
            .setEndTimeUnixNano(span.startEpochNanos() + span.durationNanos())
            .setFlags(context.flags());
    if (context.parentSpanId() != 0) {
      builder.setParentSpanId(id(context.parentSpanId()));
    }
    if (span.status() != SpanStatus.UNSET) {
      builder.setStatus(
          Status.newBuilder().setCode(Status.StatusCode.valueOf("STATUS_CODE_" + span.status())));
    }
    span.attributes().forEach(attribute -> builder.addAttributes(generated(attribute)));
    for (SpanEvent event : span.events()) {
      Span.Event.Builder one =
          Span.Event.newBuilder().setTimeUnixNano(event.epochNanos()).setName(event.name());
      event.attributes().forEach(attribute -> one.addAttributes(generated(attribute)));
      builder.addEvents(one);
    }
    return builder.build();
  }

  private static KeyValue generated(Attribute attribute) {
    AnyValue.Builder value = AnyValue.newBuilder();
    switch (attribute) {
      case Attribute.Text text -> value.setStringValue(text.value());
      case Attribute.Number number -> value.setIntValue(number.value());
    }
    return KeyValue.newBuilder().setKey(attribute.key()).setValue(value).build();
  }

  private static ByteString id(long... words) {
    ByteBuffer buffer = ByteBuffer.allocate(words.length * Long.BYTES);
    for (long word : words) {
      buffer.putLong(word);
    }
    return ByteString.copyFrom(buffer.flip());
  }
}
