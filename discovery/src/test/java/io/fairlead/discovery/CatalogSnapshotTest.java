package io.fairlead.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CatalogSnapshotTest {
  private static final InstanceKey KEY = new InstanceKey("payment", "p1");
  private static final Instance PAYMENT = Instance.of(KEY, "127.0.0.1", 8080);

  private final CatalogSnapshot start = new CatalogSnapshot("c1", 0, Map.of());

  @Test
  void aPutIsSeenUnderItsServiceAndVersion() {
    var after = start.apply(new CatalogChange.Put(7, PAYMENT));

    assertThat(after)
        .isEqualTo(
            new CatalogSnapshot(
                "c1", 7, Map.of("payment", new ServiceView("payment", 7, Map.of("p1", PAYMENT)))));
  }

  @Test
  void otherServicesKeepTheirVersion() {
    var order = Instance.of(new InstanceKey("order", "o1"), "127.0.0.1", 8081);
    var after =
        start.apply(new CatalogChange.Put(1, PAYMENT)).apply(new CatalogChange.Put(2, order));

    assertThat(after.services().get("payment")).extracting(ServiceView::version).isEqualTo(1L);
    assertThat(after.services().get("order")).extracting(ServiceView::version).isEqualTo(2L);
  }

  @Test
  void theLastInstanceTakesItsServiceWithIt() {
    var removed = new CatalogChange.Removed(2, KEY, CatalogChange.RemovalReason.EXPIRED);

    assertThat(start.apply(new CatalogChange.Put(1, PAYMENT)).apply(removed))
        .isEqualTo(new CatalogSnapshot("c1", 2, Map.of()));
  }

  @Test
  void aChangeSeenBeforeChangesNothing() {
    var after = start.apply(new CatalogChange.Put(5, PAYMENT));

    assertThat(after.apply(new CatalogChange.Put(5, PAYMENT.withVersion("v2")))).isSameAs(after);
  }

  @Test
  void aResyncReplacesEverything() {
    var other = new CatalogSnapshot("c2", 1, Map.of());

    assertThat(start.apply(new CatalogChange.Put(5, PAYMENT)).apply(new CatalogEvent.Resync(other)))
        .isEqualTo(other);
  }

  @Test
  void aViewHoldsOnlyItsOwnInstances() {
    assertThatThrownBy(() -> new ServiceView("order", 1, Map.of("p1", PAYMENT)))
        .hasMessage("instances: payment/p1 must not stand under order/p1");
  }
}
