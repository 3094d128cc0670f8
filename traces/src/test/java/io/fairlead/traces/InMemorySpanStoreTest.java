package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traces.SpanStore.Appended;
import io.fairlead.traces.SpanStore.ServiceOperations;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InMemorySpanStoreTest extends SpanStoreContract {
  @Override
  SpanStore open() {
    return new InMemorySpanStore(MemoryStoreSettings.defaults());
  }

  private static SpanStore small(int maxSpans, int maxSpansPerTrace) {
    return new InMemorySpanStore(
        new MemoryStoreSettings(1 << 20, maxSpans, maxSpansPerTrace, 2, 3));
  }

  @Test
  void theOldestTracesAreGivenUpWhole() {
    var store = small(10, 10);
    for (int trace = 1; trace <= 3; trace++) {
      store.append(spans(trace, 4));
    }

    assertThat(store.trace(id(1))).isEmpty();
    assertThat(store.trace(id(2))).get().extracting(t -> t.spans().size()).isEqualTo(4);
    assertThat(store.trace(id(3))).isPresent();
    assertThat(store.search(all())).hasSize(2);
    var stats = store.stats();
    assertThat(stats.spans()).isEqualTo(8);
    assertThat(stats.stored()).isEqualTo(12);
    assertThat(stats.evictedTraces()).isEqualTo(1);
    assertThat(stats.evictedSpans()).isEqualTo(4);
  }

  @Test
  void spansThatComeAfterTheirTraceWasGivenUpAreDroppedAndCounted() {
    var store = small(4, 10);
    store.append(spans(1, 4));
    store.append(spans(2, 4));

    assertThat(store.append(List.of(span(99).trace(1).build()))).isEqualTo(new Appended(0, 0, 1));
    assertThat(store.trace(id(1))).isEmpty();
    assertThat(store.stats().droppedLate()).isEqualTo(1);
  }

  @Test
  void theMemoryOfTracesGivenUpIsBounded() {
    var store = small(4, 10);
    for (int trace = 1; trace <= 4; trace++) {
      store.append(spans(trace, 4));
    }

    // Two are remembered, of 1, 2 and 3; so the first is taken for a new one again.
    assertThat(store.append(spans(1, 1)).stored()).isEqualTo(1);
    assertThat(store.append(spans(3, 1)).dropped()).isEqualTo(1);
  }

  @Test
  void oneTraceCannotTakeTheWholeStore() {
    var store = small(10, 3);

    assertThat(store.append(spans(1, 5))).isEqualTo(new Appended(3, 0, 2));
    assertThat(store.stats().droppedOversize()).isEqualTo(2);
  }

  @Test
  void aSpanLargerThanTheStoreIsDroppedAndLeavesNothing() {
    var store = small(10, 3);
    var huge = span(1).of("huge", "x".repeat(2 << 20)).build();

    assertThat(store.append(List.of(huge))).isEqualTo(new Appended(0, 0, 1));
    assertThat(store.trace(huge.traceId())).isEmpty();
    assertThat(store.search(all())).isEmpty();
    assertThat(store.services()).isEmpty();
    assertThat(store.stats().traces()).isZero();
  }

  @Test
  void aResourceCountsOncePerTrace() {
    var store = small(100, 100);
    var host = "h".repeat(10_000);
    store.append(List.of(span(1).trace(1).host(host).build()));
    long one = store.stats().bytes();
    store.append(List.of(span(2).trace(1).host(host).build()));
    long two = store.stats().bytes();
    store.append(List.of(span(1).trace(2).host(host).build()));

    assertThat(one).isBetween(10_000L, 11_000L);
    assertThat(two).isBetween(one, one + 1_000);
    assertThat(store.stats().bytes()).isBetween(two + 10_000, two + 11_000);
    assertThat(store.trace(id(1)).orElseThrow().spans())
        .extracting(Span::resource)
        .hasSize(2)
        .matches(resources -> resources.get(0) == resources.get(1), "shared");
  }

  @Test
  void servicesWithoutSpansAreForgotten() {
    var store = small(2, 10);
    store.append(List.of(span(1).trace(1).of("old", "a").build()));
    store.append(List.of(span(1).trace(2).of("new", "b").build(), span(2).trace(2).build()));

    assertThat(store.services())
        .containsExactly(
            new ServiceOperations("new", List.of("b")),
            new ServiceOperations("order", List.of("work")));
  }

  @Test
  void operationsOfAServiceAreBounded() {
    var store = small(10, 10);
    for (int i = 0; i < 6; i++) {
      store.append(List.of(span(1).trace(i + 1).of("s", "op" + i).build()));
    }

    assertThat(store.services().getFirst().operations()).containsExactly("op0", "op1", "op2");
  }

  @Test
  void theBoundOfBytesHoldsWhateverComes() {
    var random = new Random(9);
    long bound = 200_000;
    var store = new InMemorySpanStore(new MemoryStoreSettings(bound, 1_000, 50, 100, 10));
    long told = 0;
    for (int round = 0; round < 3_000; round++) {
      var batch = new ArrayList<Span>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        batch.add(
            span(1 + random.nextInt(60))
                .trace(1 + random.nextInt(round / 10 + 1))
                .of("s" + random.nextInt(4), "x".repeat(random.nextInt(500)))
                .host("h" + random.nextInt(100))
                .build());
      }
      told += batch.size();
      store.append(batch);

      assertThat(store.stats().bytes()).isBetween(0L, bound);
    }
    var stats = store.stats();
    var kept = store.search(all());
    assertThat(kept).hasSize((int) stats.traces());
    assertThat(kept.stream().mapToInt(TraceSummary::spanCount).sum()).isEqualTo(stats.spans());
    assertThat(stats.stored()).isEqualTo(stats.spans() + stats.evictedSpans());
    assertThat(told)
        .isEqualTo(
            stats.stored() + stats.repeated() + stats.droppedLate() + stats.droppedOversize());
    for (var service : store.services()) {
      assertThat(store.search(all().withService(service.service()))).isNotEmpty();
    }
  }

  private static List<Span> spans(int trace, int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> span(i).trace(trace).build()).toList();
  }
}
