package io.fairlead.registry;

import static io.fairlead.registry.CatalogStoreContract.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.registry.PublishedCatalog.Next;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchResumeTest {
  private static final int HISTORY = 16;

  private final ManualClock clock = new ManualClock(Instant.EPOCH);
  private final CatalogStore store = new InMemoryCatalogStore();

  private Catalog open() throws StoreException {
    var settings = new CatalogSettings(1000, HISTORY, 1000, 100, Duration.ZERO);
    return new Catalog(settings, store, clock::nanoTime, Runnable::run);
  }

  @Test
  void aVersionWithinTheHistoryIsResumedFrom() throws Exception {
    var catalog = open();
    register(catalog, 20);

    assertThat(first(catalog, 20 - HISTORY)).hasSize(HISTORY).noneMatch(WatchResumeTest::isResync);
    assertThat(first(catalog, 19)).singleElement().matches(event -> event.version() == 20);
  }

  @Test
  void aVersionBeforeTheHistoryIsAnsweredByAResync() throws Exception {
    var catalog = open();
    register(catalog, 20);

    assertThat(first(catalog, 20 - HISTORY - 1))
        .containsExactly(new CatalogEvent.Resync(catalog.published().snapshot()));
  }

  @Test
  void aVersionFromTheFutureIsAnsweredByAResync() throws Exception {
    var catalog = open();
    register(catalog, 3);

    assertThat(first(catalog, 4)).singleElement().matches(WatchResumeTest::isResync);
    assertThat(first(catalog, Long.MAX_VALUE)).singleElement().matches(WatchResumeTest::isResync);
  }

  @Test
  void anotherCatalogsVersionIsAnsweredByAResync() throws Exception {
    var catalog = open();
    register(catalog, 3);
    var cursor = catalog.published().cursor(new WatchRequest(Optional.empty(), "somebody-else", 2));

    assertThat(events(cursor.next(Duration.ZERO)))
        .singleElement()
        .matches(WatchResumeTest::isResync);
  }

  @Test
  void theCurrentVersionNeedsNothingEvenAfterARestart() throws Exception {
    register(open(), 5);
    var restarted = open();
    var cursor = restarted.published().cursor(from(restarted, 5, Optional.empty()));

    assertThat(cursor.next(Duration.ZERO)).isEqualTo(new Next.Idle(5));
    register(restarted, 1);
    assertThat(events(cursor.next(Duration.ZERO))).noneMatch(WatchResumeTest::isResync);
  }

  @Test
  void aWatcherThatFallsBehindGetsAResyncInPlaceOfWhatItMissed() throws Exception {
    var catalog = open();
    var cursor = catalog.published().cursor(from(catalog, 0, Optional.empty()));
    register(catalog, HISTORY + 1);

    assertThat(events(cursor.next(Duration.ZERO)))
        .containsExactly(new CatalogEvent.Resync(catalog.published().snapshot()));
    assertThat(catalog.published().resyncCount()).isOne();
  }

  @Test
  void aWatchOfOneServiceSeesNothingElse() throws Exception {
    var catalog = open();
    var cursor = catalog.published().cursor(from(catalog, 0, Optional.of("order")));
    register(catalog, 3);

    assertThat(cursor.next(Duration.ZERO)).isEqualTo(new Next.Idle(3));

    var order = Instance.of(new InstanceKey("order", "o"), "h", 1);
    catalog.register(new RegistrationRequest(order, Duration.ofSeconds(30)));
    assertThat(events(cursor.next(Duration.ZERO)))
        .singleElement()
        .matches(event -> event.version() == 4);
  }

  /** Watchers of everything and of one service, each cut off and resumed at random. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aWatcherThatDisconnectsAtRandomConverges(long seed) throws Exception {
    var random = new Random(seed);
    var catalog = open();
    var everything = new Watcher(Optional.empty());
    var one = new Watcher(Optional.of("s1"));
    for (int step = 0; step < 2_000; step++) {
      change(catalog, random);
      if (random.nextInt(400) == 0) {
        catalog = open();
        everything.connected = null;
        one.connected = null;
      }
      everything.maybeAct(catalog, random);
      one.maybeAct(catalog, random);
    }
    everything.catchUp(catalog);
    one.catchUp(catalog);

    var truth = catalog.published().snapshot();
    assertThat(everything.seen).isEqualTo(truth);
    var expected = new TreeMap<>(truth.services());
    expected.keySet().removeIf(name -> !name.equals("s1"));
    assertThat(one.seen.services()).isEqualTo(expected);
  }

  private void change(Catalog catalog, Random random) {
    var key = new InstanceKey("s" + random.nextInt(3), "i" + random.nextInt(4));
    switch (random.nextInt(4)) {
      case 0 -> catalog.deregister(key);
      case 1 -> {
        clock.advance(Duration.ofMillis(500));
        catalog.expire();
      }
      default ->
          catalog.register(
              new RegistrationRequest(
                  Instance.of(key, "h", 1 + random.nextInt(3)), Duration.ofSeconds(2)));
    }
  }

  /** Holds what it was told, and may be cut off between any two looks. */
  private static final class Watcher {
    private final Optional<String> service;
    private CatalogSnapshot seen = CatalogSnapshot.empty();
    private PublishedCatalog.@Nullable Cursor connected;

    Watcher(Optional<String> service) {
      this.service = service;
    }

    void maybeAct(Catalog catalog, Random random) throws InterruptedException {
      int dice = random.nextInt(20);
      if (dice == 0 && connected != null) {
        connected.close();
        connected = null;
      } else if (dice < 5) {
        look(catalog);
      }
    }

    void catchUp(Catalog catalog) throws InterruptedException {
      while (!(look(catalog) instanceof Next.Idle)) {
        assertThat(connected).isNotNull();
      }
    }

    private Next look(Catalog catalog) throws InterruptedException {
      if (connected == null) {
        connected =
            catalog.published().cursor(new WatchRequest(service, seen.catalogId(), seen.version()));
      }
      var next = connected.next(Duration.ZERO);
      for (CatalogEvent event : events(next)) {
        seen = seen.apply(event);
      }
      return next;
    }
  }

  private void register(Catalog catalog, int changes) {
    long before = catalog.published().version();
    for (int i = 1; i <= changes; i++) {
      catalog.register(request("a", (int) before + i));
    }
    assertThat(catalog.published().version()).isEqualTo(before + changes);
  }

  private static List<CatalogEvent> first(Catalog catalog, long from) throws InterruptedException {
    var cursor = catalog.published().cursor(from(catalog, from, Optional.empty()));
    return events(cursor.next(Duration.ZERO));
  }

  private static WatchRequest from(Catalog catalog, long version, Optional<String> service) {
    return new WatchRequest(service, catalog.published().catalogId(), version);
  }

  private static List<CatalogEvent> events(Next next) {
    return next instanceof Next.Events(var events, long _) ? events : List.of();
  }

  private static boolean isResync(CatalogEvent event) {
    return event instanceof CatalogEvent.Resync;
  }
}
