package io.fairlead.proxy.overload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.resilience.LoadShedderSettings;
import io.fairlead.resilience.Priority;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OverloadTest {
  private static final long BOUND = 100 << 20;

  private final AtomicLong used = new AtomicLong();
  private final Overload overload = new Overload(settings(), used::get);

  private static OverloadSettings settings() {
    return new OverloadSettings(10, BOUND, new LoadShedderSettings(0.85, 0.75, 0.6), 0.95, 0.05);
  }

  private void use(int percent) {
    used.set(BOUND / 100 * percent);
    overload.measure();
  }

  private List<Priority> shed() {
    return List.of(Priority.values()).stream().filter(overload::sheds).toList();
  }

  @Test
  void nothingIsRefusedBelowEveryShare() {
    use(59);
    assertThat(shed()).isEmpty();
    assertThat(overload.isShedding()).isFalse();
  }

  @Test
  void lessImportantRequestsAreRefusedFirst() {
    use(60);
    assertThat(shed()).containsExactly(Priority.SHEDDABLE);
    use(75);
    assertThat(shed()).containsExactly(Priority.SHEDDABLE_PLUS, Priority.SHEDDABLE);
    assertThat(overload.isTight()).isFalse();
    use(85);
    assertThat(shed()).doesNotContain(Priority.CRITICAL_PLUS).hasSize(3);
    assertThat(overload.isTight()).isTrue();
    assertThat(overload.isFull()).isFalse();
    use(95);
    assertThat(shed()).hasSize(4);
    assertThat(overload.isFull()).isTrue();
  }

  @Test
  void oneReadingThatCountsAChunkTwiceCutsNobodyOff() {
    AtomicInteger readings = new AtomicInteger();
    AtomicInteger alarms = new AtomicInteger();
    Overload torn =
        new Overload(settings(), () -> readings.incrementAndGet() == 1 ? BOUND : BOUND / 100 * 50);
    torn.onFull(alarms::incrementAndGet);
    torn.measure();
    assertThat(alarms).hasValue(0);
    assertThat(torn.isShedding()).isFalse();
    assertThat(torn.bufferShare()).isEqualTo(0.5, within(0.001));
  }

  @Test
  void whatBeganEndsWellBelowOnly() {
    use(95);
    use(91);
    assertThat(overload.isFull()).isTrue();
    use(89);
    assertThat(overload.isFull()).isFalse();
    assertThat(overload.isTight()).isTrue();
    use(81);
    assertThat(overload.isTight()).isTrue();
    use(79);
    assertThat(overload.isTight()).isFalse();
    assertThat(shed()).containsExactly(Priority.SHEDDABLE_PLUS, Priority.SHEDDABLE);
    use(54);
    assertThat(shed()).isEmpty();
  }

  @Test
  void excessIsWhatLeadsOutOfBeingFull() {
    use(97);
    assertThat(overload.excessBytes()).isCloseTo(BOUND / 100 * 7, within(1_000L));
    use(80);
    assertThat(overload.excessBytes()).isZero();
  }

  @Test
  void everyLookThatFindsItFullTellsSo() {
    AtomicInteger told = new AtomicInteger();
    overload.onFull(told::incrementAndGet);
    use(96);
    use(97);
    assertThat(told).hasValue(2);
    use(94);
    assertThat(told).hasValue(2);
    assertThat(overload.isFull()).isTrue();
  }

  @Test
  void connectionsAboveTheBoundAreRefusedAndCounted() {
    for (int i = 0; i < 10; i++) {
      assertThat(overload.connect()).isTrue();
    }
    assertThat(overload.connect()).isFalse();
    assertThat(overload.refusedConnections()).isEqualTo(1);
    overload.disconnected();
    assertThat(overload.connect()).isTrue();
  }

  @Test
  void manyConnectionsAreACrowdUntilWellBelow() {
    for (int i = 0; i < 9; i++) {
      overload.connect();
    }
    overload.measureAll();
    assertThat(overload.isCrowded()).isTrue();
    overload.disconnected();
    overload.measureAll();
    assertThat(overload.isCrowded()).isTrue();
    overload.disconnected();
    overload.measureAll();
    assertThat(overload.isCrowded()).isFalse();
    assertThat(overload.isShedding()).isFalse();
  }

  @Test
  void refusedRequestsAreCountedByPriority() {
    use(80);
    assertThat(overload.sheds(Priority.SHEDDABLE)).isTrue();
    assertThat(overload.sheds(Priority.CRITICAL)).isFalse();
    assertThat(overload.shed(Priority.SHEDDABLE)).isEqualTo(1);
    assertThat(overload.shed()).isEqualTo(1);
  }

  @Test
  void loopLooksAfterItsShareOfTheBoundWasRead() {
    MemoryGauge gauge = new MemoryGauge(overload, 1);
    used.set(BOUND / 10 * 9);
    int step = (int) (BOUND / 128);
    assertThat(gauge.allowed(step - 10_000)).isEqualTo(step - 10_000);
    assertThat(gauge.allowed(10_000)).isEqualTo(2_048);
    used.set(BOUND);
    assertThat(gauge.allowed(step)).isEqualTo(256);
    used.set(0);
    assertThat(gauge.allowed(step)).isEqualTo(step);
  }

  @Test
  void heapIsJudgedByWhatACollectionLeaves() {
    HeapUse heap = new HeapUse(100);
    assertThat(heap.look(50)).isZero();
    assertThat(heap.look(99)).isZero();
    assertThat(heap.look(90)).isEqualTo(0.9);
    assertThat(heap.look(99)).isEqualTo(0.9);
    assertThat(heap.look(40)).isZero();
    assertThat(heap.look(85)).isZero();
  }

  @Test
  void connectionsAreHalfOfTheFileDescriptors() {
    List<String> limits =
        List.of(
            "Limit                     Soft Limit           Hard Limit           Units",
            "Max open files            4096                 524288               files");
    assertThat(ProcessBounds.connections(limits)).isEqualTo((4_096 - 128) / 2);
    assertThat(ProcessBounds.connections(List.of())).isEqualTo(20_000);
  }

  @Test
  void sharesMustRise() {
    LoadShedderSettings shares = new LoadShedderSettings(0.96, 0.75, 0.6);
    assertThatThrownBy(() -> new OverloadSettings(10, BOUND, shares, 0.95, 0.05))
        .hasMessage("full: must be above 0.96 and at most 1, was 0.95");
  }
}
