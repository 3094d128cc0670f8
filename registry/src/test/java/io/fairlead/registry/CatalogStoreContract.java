package io.fairlead.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.registry.CatalogStore.StoreWrite;
import io.fairlead.registry.CatalogStore.StoredEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine promises; each adds one subclass. */
abstract class CatalogStoreContract {
  private CatalogStore store;

  /** A store without state. */
  abstract CatalogStore openNew() throws Exception;

  /** The same state again, as after a restart; the same object if the engine keeps nothing. */
  abstract CatalogStore reopen(CatalogStore store) throws Exception;

  @BeforeEach
  void open() throws Exception {
    store = openNew();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aNewStoreIsEmptyAtVersionZeroAndHasAName() throws Exception {
    var stored = store.load();

    assertThat(stored.version()).isZero();
    assertThat(stored.entries()).isEmpty();
    assertThat(stored.catalogId()).isNotBlank();
  }

  @Test
  void whatWasPutIsReadBackInFull() throws Exception {
    var full =
        new Instance(
            "payment",
            "p:1",
            "::1",
            65_535,
            "v2+rc.1",
            Map.of("zone", "öst", "a/b", ""),
            Map.of("note", "\"\\ '; DROP TABLE instance; -- 🚢"),
            HealthStatus.OUT_OF_SERVICE);
    var request = new RegistrationRequest(full, Duration.ofHours(24));
    store.write(List.of(new StoreWrite.Put(1, request)));

    store = reopen(store);

    assertThat(store.load().version()).isEqualTo(1);
    assertThat(store.load().entries()).containsExactly(new StoredEntry(1, request));
  }

  @Test
  void aPutReplacesWhatItsKeyHeld() throws Exception {
    store.write(List.of(new StoreWrite.Put(1, request("a", 1))));
    store.write(List.of(new StoreWrite.Put(2, request("a", 2))));

    store = reopen(store);

    assertThat(store.load().entries()).containsExactly(new StoredEntry(2, request("a", 2)));
  }

  @Test
  void theSameIdInTwoServicesIsTwoInstances() throws Exception {
    var other = Instance.of(new InstanceKey("order", "a"), "h", 2);
    var second = new RegistrationRequest(other, RegistrationRequest.DEFAULT_LEASE);
    store.write(List.of(new StoreWrite.Put(1, request("a", 1)), new StoreWrite.Put(2, second)));

    assertThat(reopen(store).load().entries())
        .containsExactlyInAnyOrder(new StoredEntry(1, request("a", 1)), new StoredEntry(2, second));
  }

  @Test
  void aBatchIsAppliedInItsOrder() throws Exception {
    store.write(
        List.of(
            new StoreWrite.Put(1, request("a", 1)),
            new StoreWrite.Remove(2, key("a")),
            new StoreWrite.Put(3, request("b", 1)),
            new StoreWrite.Remove(4, key("b")),
            new StoreWrite.Put(5, request("b", 9))));

    store = reopen(store);

    assertThat(store.load().version()).isEqualTo(5);
    assertThat(store.load().entries()).containsExactly(new StoredEntry(5, request("b", 9)));
  }

  @Test
  void removingWhatIsNotThereOnlyMovesTheVersion() throws Exception {
    store.write(List.of(new StoreWrite.Remove(1, key("nobody"))));

    store = reopen(store);

    assertThat(store.load().version()).isEqualTo(1);
    assertThat(store.load().entries()).isEmpty();
  }

  @Test
  void theNameOfTheCatalogSurvives() throws Exception {
    var before = store.load().catalogId();

    store = reopen(store);

    assertThat(store.load().catalogId()).isEqualTo(before);
  }

  @Test
  void twoNewStoresHaveTwoNames() throws Exception {
    try (var second = openNew()) {
      assertThat(second.load().catalogId()).isNotEqualTo(store.load().catalogId());
    }
  }

  @Test
  void anySequenceOfBatchesIsReadBackAsAMapWouldHoldIt() throws Exception {
    var random = new Random(11);
    var model = new HashMap<InstanceKey, StoredEntry>();
    long version = 0;
    for (int round = 0; round < 40; round++) {
      var batch = new ArrayList<StoreWrite>();
      for (int i = random.nextInt(8); i >= 0; i--) {
        version++;
        var id = "i" + random.nextInt(6);
        if (random.nextInt(3) == 0) {
          batch.add(new StoreWrite.Remove(version, key(id)));
          model.remove(key(id));
        } else {
          var request = request(id, 1 + random.nextInt(1000));
          batch.add(new StoreWrite.Put(version, request));
          model.put(key(id), new StoredEntry(version, request));
        }
      }
      store.write(batch);
      if (round % 10 == 9) {
        store = reopen(store);
        assertThat(store.load().version()).isEqualTo(version);
        assertThat(store.load().entries()).containsExactlyInAnyOrderElementsOf(model.values());
      }
    }
  }

  static InstanceKey key(String id) {
    return new InstanceKey("payment", id);
  }

  static RegistrationRequest request(String id, int port) {
    return new RegistrationRequest(
        Instance.of(key(id), "127.0.0.1", port), RegistrationRequest.DEFAULT_LEASE);
  }
}
