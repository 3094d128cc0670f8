package io.fairlead.traces;

import static io.fairlead.traces.SpanBuilder.span;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traces.SpanStore.Appended;
import io.fairlead.traces.SpanStore.ServiceOperations;
import io.fairlead.traces.TraceQuery.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every span store promises; each adds one subclass. */
abstract class SpanStoreContract {
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private SpanStore store;

  /** An empty store with room for everything that happens here. */
  abstract SpanStore open();

  @BeforeEach
  void openStore() {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void aTraceIsFoundByItsIdWithEverySpanInFull() {
    var trace = OrderTrace.failed();
    assertThat(store.append(trace.spans())).isEqualTo(new Appended(9, 0, 0));

    assertThat(store.trace(trace.id())).contains(trace);
    assertThat(store.trace(new TraceId(1, 1))).isEmpty();
  }

  @Test
  void aRepeatedSpanIsStoredOnce() {
    var trace = OrderTrace.failed();
    store.append(trace.spans());

    assertThat(store.append(trace.spans().subList(0, 4))).isEqualTo(new Appended(0, 4, 0));
    assertThat(store.append(Collections.nCopies(3, span(99).build())))
        .isEqualTo(new Appended(1, 2, 0));
    assertThat(store.stats().spans()).isEqualTo(10);
  }

  @Test
  void bothSidesOfACallMayHaveOneId() {
    store.append(List.of(span(5).kind(SpanKind.CLIENT).build()));

    assertThat(store.append(List.of(span(5).kind(SpanKind.SERVER).build())))
        .isEqualTo(new Appended(1, 0, 0));
  }

  @Test
  void lateSpansJoinTheirTraceInAnyOrder() {
    var trace = OrderTrace.failed();
    var shuffled = new ArrayList<>(trace.spans());
    Collections.shuffle(shuffled, new Random(2));
    shuffled.forEach(late -> store.append(List.of(late)));

    assertThat(store.trace(trace.id())).contains(trace);
    assertThat(search(all().withService("gateway"))).containsExactly(trace.id());
    assertThat(store.search(all())).containsExactly(TraceSummary.of(trace));
  }

  @Test
  void theLatestStartComesFirstAndTheLimitHolds() {
    for (int i : new int[] {3, 1, 5, 2, 4}) {
      store.append(List.of(span(1).trace(i).at(i * 1000L, i * 1000L + 5).build()));
    }

    assertThat(search(TraceQuery.latest(3))).containsExactly(id(5), id(4), id(3));
    assertThat(search(all().withService("order")))
        .containsExactly(id(5), id(4), id(3), id(2), id(1));
  }

  @Test
  void anEarlierSpanThatComesLateMovesItsTrace() {
    store.append(List.of(span(2).trace(1).under(1).at(5000, 5001).build()));
    store.append(List.of(span(1).trace(2).at(3000, 3001).build()));
    store.append(List.of(span(1).trace(1).of("gateway", "GET /").at(1000, 6000).build()));

    assertThat(search(all())).containsExactly(id(2), id(1));
    assertThat(search(all().withService("order"))).containsExactly(id(2), id(1));
    assertThat(search(all().withStart(NOON.plusSeconds(2), NOON.plusSeconds(9))))
        .containsExactly(id(2));
  }

  @Test
  void startsAreFoundWithinARangeThatIncludesItsEnds() {
    for (int i = 1; i <= 5; i++) {
      store.append(List.of(span(1).trace(i).at(i * 1000L, i * 1000L).build()));
    }

    assertThat(search(all().withStart(NOON.plusSeconds(2), NOON.plusSeconds(4))))
        .containsExactly(id(4), id(3), id(2));
  }

  @Test
  void withoutAServiceDurationsAreThoseOfTheTrace() {
    store.append(
        List.of(span(1).trace(1).at(0, 100).build(), span(2).trace(1).under(1).at(0, 1).build()));
    store.append(List.of(span(1).trace(2).at(1, 51).build()));

    assertThat(search(all().withDuration(Duration.ofMillis(100), Duration.ofMillis(100))))
        .containsExactly(id(1));
    assertThat(search(all().withDuration(Duration.ZERO, Duration.ofMillis(50))))
        .containsExactly(id(2));
  }

  @Test
  void withAServiceEveryConditionSpeaksOfOneSpanOfIt() {
    store.append(OrderTrace.failed().spans());
    var bank = all().withService("bank");

    assertThat(search(bank.withOutcome(Outcome.ERROR))).hasSize(1);
    assertThat(search(bank.withOperation("POST /transfer"))).hasSize(1);
    assertThat(search(bank.withOperation("POST /pay"))).isEmpty();
    assertThat(search(bank.withDuration(Duration.ofMillis(1280), Duration.ofMillis(1280))))
        .hasSize(1);
    assertThat(search(bank.withDuration(Duration.ofMillis(1281), TraceQuery.ANY_DURATION)))
        .isEmpty();
    assertThat(search(all().withService("user").withOutcome(Outcome.ERROR))).isEmpty();
    assertThat(search(all().withService("user").withOutcome(Outcome.NO_ERROR))).hasSize(1);
    assertThat(search(bank.withTags(Map.of("payment.method", "card")))).isEmpty();
  }

  @Test
  void outcomesOfWholeTraces() {
    store.append(OrderTrace.failed().spans());
    store.append(List.of(span(1).trace(7).build()));

    assertThat(search(all().withOutcome(Outcome.ERROR))).containsExactly(OrderTrace.failed().id());
    assertThat(search(all().withOutcome(Outcome.NO_ERROR))).containsExactly(id(7));
  }

  @Test
  void tagsOfAnyTypeAreComparedAsText() {
    store.append(OrderTrace.failed().spans());
    store.append(List.of(span(1).trace(7).host("h1").build()));

    assertThat(search(all().withTags(Map.of("http.response.status_code", "503")))).hasSize(1);
    assertThat(search(all().withTags(Map.of("amount", "12.5", "retry", "false")))).hasSize(1);
    assertThat(search(all().withTags(Map.of("amount", "12.5", "retry", "true")))).isEmpty();
    assertThat(search(all().withTags(Map.of("host.name", "h1")))).containsExactly(id(7));
    assertThat(search(all().withTags(Map.of("no.such", "")))).isEmpty();
  }

  @Test
  void servicesAreListedWithTheirOperations() {
    store.append(OrderTrace.failed().spans());

    assertThat(store.services())
        .extracting(ServiceOperations::service)
        .containsExactly("bank", "gateway", "inventory", "order", "payment", "user");
    assertThat(store.services().get(3).operations())
        .containsExactly("GET inventory", "GET user", "POST /orders", "POST payment");
    assertThat(search(all().withService("nobody"))).isEmpty();
  }

  static TraceQuery all() {
    return TraceQuery.latest(TraceQuery.MAX_LIMIT);
  }

  static TraceId id(long number) {
    return new TraceId(0xfa1, number);
  }

  private List<TraceId> search(TraceQuery query) {
    return store.search(query).stream().map(TraceSummary::id).toList();
  }
}
