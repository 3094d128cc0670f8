package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PropagatorTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String LOW = "8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";
  private static final String PARENT = "00f067aa0ba902b7";
  private static final long SPAN_ID = 0xb7ad6b7169203331L;
  private static final long PARENT_ID = 0x00f067aa0ba902b7L;

  private final AtomicLong ids = new AtomicLong(100);
  private final Propagator propagator =
      new Propagator(
          List.of(TraceFormat.values()),
          List.of(TraceFormat.values()),
          Sampler.never(),
          ids::incrementAndGet);

  @Test
  void w3cComesBeforeB3SingleBeforeB3Multi() {
    var headers =
        new HashMap<>(
            Map.of(
                "traceparent",
                "00-" + TRACE + "-" + SPAN + "-01",
                "b3",
                TRACE + "-000000000000000b-0",
                "x-b3-traceid",
                TRACE,
                "x-b3-spanid",
                "000000000000000c"));
    assertThat(continued(headers).spanId()).isEqualTo(SPAN_ID);
    headers.put("traceparent", "broken");
    assertThat(continued(headers).spanId()).isEqualTo(0xb);
    headers.remove("b3");
    assertThat(continued(headers).spanId()).isEqualTo(0xc);
  }

  @Test
  void spanOfTheNextHopIsBelowTheCallersAndKeepsStateAndDecision() {
    TraceContext context =
        propagator.enter(
            Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-03", "tracestate", "rojo=1")::get);
    assertThat(context.traceIdText()).isEqualTo(TRACE);
    assertThat(context.parentSpanId()).isEqualTo(SPAN_ID);
    assertThat(context.spanId()).isEqualTo(101);
    assertThat(context.traceState()).isEqualTo("rojo=1");
    assertThat(context.flags()).isEqualTo(TraceContext.SAMPLED | TraceContext.RANDOM);
  }

  @Test
  void invalidTraceparentStartsANewTraceWithoutTheOldState() {
    TraceContext context =
        propagator.enter(
            Map.of("traceparent", "00-" + TRACE + "-" + SPAN, "tracestate", "rojo=1")::get);
    assertThat(context.traceIdText()).isNotEqualTo(TRACE);
    assertThat(context.parentSpanId()).isZero();
    assertThat(context.traceState()).isEmpty();
    assertThat(context.sampled()).isFalse();
  }

  @Test
  void invalidStateIsDroppedAndTheTraceContinues() {
    TraceContext context =
        continued(Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-01", "tracestate", "=="));
    assertThat(context.traceIdText()).isEqualTo(TRACE);
    assertThat(context.traceState()).isEmpty();
  }

  @Test
  void b3SingleIsReadInAllItsForms() {
    assertThat(single(TRACE + "-" + SPAN).flags()).isEqualTo(TraceContext.DEFERRED);
    assertThat(single(TRACE + "-" + SPAN + "-1").sampled()).isTrue();
    assertThat(single(TRACE + "-" + SPAN + "-0").flags()).isZero();
    assertThat(single(TRACE + "-" + SPAN + "-d").debug()).isTrue();
    assertThat(single(TRACE + "-" + SPAN + "-1-" + PARENT).parentSpanId()).isEqualTo(PARENT_ID);
  }

  @Test
  void traceIdOf64BitsIsWidenedWithZeros() {
    TraceContext context = single(LOW + "-" + SPAN + "-1");
    assertThat(context.traceIdHigh()).isZero();
    assertThat(context.traceIdText()).isEqualTo("0000000000000000" + LOW);
    assertThat(TraceParent.text(context))
        .isEqualTo("00-0000000000000000" + LOW + "-" + SPAN + "-01");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2",
        "-",
        "0af7651916cd43dd8448eb211c80319c",
        "0af7651916cd43dd8448eb211c80319c-",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b716920333",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-2",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-0000000000000000",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-b7ad6b7169203331-1",
        "0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-1",
        "00000000000000000000000000000000-b7ad6b7169203331-1",
        "0af7651916cd43dd8448eb211c80319c-0000000000000000-1",
        "0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-1",
      })
  void invalidB3SaysNothing(String header) {
    assertThat(propagator.extract(Map.of("b3", header)::get)).isEqualTo(Extraction.ABSENT);
  }

  @Test
  void decisionWithoutIdsIsFollowedInTheNewTrace() {
    assertThat(propagator.enter(Map.of("b3", "1")::get).sampled()).isTrue();
    assertThat(propagator.enter(Map.of("b3", "d")::get).debug()).isTrue();
    assertThat(propagator.enter(Map.of("x-b3-sampled", "1")::get).sampled()).isTrue();
    var always = new Propagator(Sampler.always());
    assertThat(always.enter(Map.of("b3", "0")::get).sampled()).isFalse();
    assertThat(always.enter(Map.of("x-b3-sampled", "0")::get).sampled()).isFalse();
    assertThat(always.enter(Map.of("x-b3-sampled", "what")::get).sampled()).isTrue();
  }

  @Test
  void deferredDecisionIsMadeBySampler() {
    Map<String, String> headers = Map.of("b3", TRACE + "-" + SPAN);
    assertThat(propagator.enter(headers::get).flags()).isZero();
    TraceContext sampled = new Propagator(Sampler.always()).enter(headers::get);
    assertThat(sampled.flags()).isEqualTo(TraceContext.SAMPLED);
    assertThat(sampled.traceIdText()).isEqualTo(TRACE);
  }

  @Test
  void b3MultiIsReadWithOldWordsAndDebug() {
    assertThat(multi(Map.of("x-b3-sampled", "true")).sampled()).isTrue();
    assertThat(multi(Map.of("x-b3-sampled", "false")).flags()).isZero();
    assertThat(multi(Map.of("x-b3-flags", "1", "x-b3-sampled", "0")).debug()).isTrue();
    assertThat(multi(Map.of()).deferred()).isTrue();
    assertThat(multi(Map.of("x-b3-parentspanid", PARENT)).parentSpanId()).isEqualTo(PARENT_ID);
  }

  @Test
  void b3MultiWithHalfOfTheIdsSaysNothing() {
    assertThat(propagator.extract(Map.of("x-b3-traceid", TRACE, "x-b3-sampled", "1")::get))
        .isEqualTo(Extraction.ABSENT);
    assertThat(propagator.extract(Map.of("x-b3-spanid", SPAN)::get)).isEqualTo(Extraction.ABSENT);
  }

  @Test
  void allFormatsAreWritten() {
    var context =
        new TraceContext(
            0x0af7651916cd43ddL,
            0x8448eb211c80319cL,
            SPAN_ID,
            PARENT_ID,
            TraceContext.SAMPLED,
            "rojo=1");
    var headers = new HashMap<String, String>();
    propagator.inject(context, headers::put);
    assertThat(headers)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "traceparent",
                "00-" + TRACE + "-" + SPAN + "-01",
                "tracestate",
                "rojo=1",
                "b3",
                TRACE + "-" + SPAN + "-1-" + PARENT,
                "x-b3-traceid",
                TRACE,
                "x-b3-spanid",
                SPAN,
                "x-b3-parentspanid",
                PARENT,
                "x-b3-sampled",
                "1"));
    List<String> known =
        List.of(TraceFormat.values()).stream().flatMap(f -> f.headers().stream()).toList();
    assertThat(known).containsAll(headers.keySet());
  }

  @ParameterizedTest
  @EnumSource(TraceFormat.class)
  void anyContextIsTheSameAfterWritingAndReading(TraceFormat format) {
    long seed = System.nanoTime();
    System.out.println(format + " there and back: seed " + seed);
    var random = new Random(seed);
    boolean b3 = format != TraceFormat.W3C;
    int[] flags =
        b3
            ? new int[] {0, 1, TraceContext.DEFERRED, TraceContext.SAMPLED | TraceContext.DEBUG}
            : new int[] {0, 1, 2, 3};
    for (int i = 0; i < 20_000; i++) {
      int chosen = flags[random.nextInt(flags.length)];
      boolean parent = b3 && random.nextBoolean();
      // B3 in one header has no place for a parent where it has none for a decision.
      boolean told =
          parent && !(format == TraceFormat.B3_SINGLE && chosen == TraceContext.DEFERRED);
      var context =
          new TraceContext(
              b3 && random.nextBoolean() ? 0 : random.nextLong(),
              random.nextLong() | 1,
              random.nextLong() | 1,
              told ? random.nextLong() | 1 : 0,
              chosen,
              "");
      var headers = new HashMap<String, String>();
      format.inject(context, headers::put);
      assertThat(format.extract(headers::get))
          .as("seed %d", seed)
          .isEqualTo(new Extraction.Continued(context));
    }
  }

  @Test
  void damagedB3NeverThrowsAndNeverGivesHalfAContext() {
    long seed = System.nanoTime();
    System.out.println("b3 damaged: seed " + seed);
    var random = new Random(seed);
    String valid = TRACE + "-" + SPAN + "-1-" + PARENT;
    String grammar = "([0-9a-f]{16}){1,2}-[0-9a-f]{16}(-[01d](-[0-9a-f]{16})?)?|[01d]";
    for (int i = 0; i < 200_000; i++) {
      String header =
          Damage.some(valid.substring(0, random.nextInt(valid.length())), random, "-01dg\u00e9");
      boolean zeros =
          Arrays.stream(header.split("-", -1))
              .anyMatch(part -> part.length() > 1 && part.matches("0+"));
      boolean expected = header.matches(grammar) && !zeros;
      assertThat(!propagator.extract(Map.of("b3", header)::get).equals(Extraction.ABSENT))
          .as("%s seed %d", header, seed)
          .isEqualTo(expected);
    }
  }

  private TraceContext continued(Map<String, String> headers) {
    return ((Extraction.Continued) propagator.extract(headers::get)).context();
  }

  private TraceContext single(String header) {
    return continued(Map.of("b3", header));
  }

  private TraceContext multi(Map<String, String> more) {
    var headers = new HashMap<>(more);
    headers.put("x-b3-traceid", TRACE);
    headers.put("x-b3-spanid", SPAN);
    return continued(headers);
  }
}
