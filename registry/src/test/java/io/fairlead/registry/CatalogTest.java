package io.fairlead.registry;

import static io.fairlead.registry.CatalogStoreContract.key;
import static io.fairlead.registry.CatalogStoreContract.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogChange.RemovalReason;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.Problem;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.registry.PublishedCatalog.Next;
import io.fairlead.registry.WriteResult.Effect;
import io.fairlead.registry.WriteResult.Refused;
import io.fairlead.registry.WriteResult.Written;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private static final Duration LEASE = RegistrationRequest.DEFAULT_LEASE;
  private static final Duration TICK = Duration.ofNanos(1);

  private final ManualClock clock = new ManualClock(Instant.EPOCH);
  private final FaultyCatalogStore store = new FaultyCatalogStore();
  private final List<Runnable> waiting = new ArrayList<>();
  private Catalog catalog;

  @BeforeEach
  void open() throws StoreException {
    catalog = open(CatalogSettings.defaults());
  }

  private Catalog open(CatalogSettings settings) throws StoreException {
    return new Catalog(settings, store, clock::nanoTime, Runnable::run);
  }

  @Test
  void aRegistrationIsSeenStoredAndVersioned() {
    assertThat(result(catalog.register(request("a", 1)))).isEqualTo(new Written(1, Effect.CREATED));

    assertThat(catalog.published().service("payment"))
        .get()
        .satisfies(
            view -> {
              assertThat(view.version()).isEqualTo(1);
              assertThat(view.instances()).containsOnlyKeys("a");
            });
    assertThat(store.load().entries()).hasSize(1);
  }

  @Test
  void sayingTheSameAgainChangesNothingAndRenewsTheLease() {
    catalog.register(request("a", 1));
    clock.advance(LEASE.minus(TICK));

    assertThat(result(catalog.register(request("a", 1))))
        .isEqualTo(new Written(1, Effect.UNCHANGED));

    clock.advance(LEASE.minus(TICK));
    catalog.expire();
    assertThat(catalog.instanceCount()).isOne();
    assertThat(store.batchSizes).containsExactly(1);
  }

  @Test
  void sayingSomethingElseIsAChange() {
    catalog.register(request("a", 1));

    assertThat(result(catalog.register(status("a", HealthStatus.DOWN))))
        .isEqualTo(new Written(2, Effect.UPDATED));
    assertThat(catalog.published().service("payment"))
        .get()
        .extracting(view -> view.instances().get("a"))
        .isEqualTo(status("a", HealthStatus.DOWN).instance());
  }

  @Test
  void heartbeatsKeepTheLeaseAndNeverReachTheStore() {
    catalog.register(request("a", 1));
    for (int i = 0; i < 100; i++) {
      clock.advance(LEASE.minus(TICK));
      assertThat(catalog.heartbeat(key("a"))).isTrue();
      catalog.expire();
    }

    assertThat(catalog.instanceCount()).isOne();
    assertThat(store.batchSizes).containsExactly(1);
  }

  @Test
  void aLeaseRunsOutExactlyAtItsEnd() {
    catalog.register(request("a", 1));

    clock.advance(LEASE.minus(TICK));
    catalog.expire();
    assertThat(catalog.instanceCount()).isOne();

    clock.advance(TICK);
    catalog.expire();
    assertThat(catalog.instanceCount()).isZero();
    assertThat(store.load().entries()).isEmpty();
    assertThat(catalog.counters().read().expired()).isOne();
  }

  @Test
  void aHeartbeatAfterTheExpiryIsUnknown() {
    catalog.register(request("a", 1));
    clock.advance(LEASE);
    catalog.expire();

    assertThat(catalog.heartbeat(key("a"))).isFalse();
    assertThat(result(catalog.register(request("a", 1)))).isEqualTo(new Written(3, Effect.CREATED));
  }

  @Test
  void deregistrationIsIdempotent() {
    catalog.register(request("a", 1));

    assertThat(result(catalog.deregister(key("a")))).isEqualTo(new Written(2, Effect.REMOVED));
    assertThat(result(catalog.deregister(key("a")))).isEqualTo(new Written(2, Effect.UNCHANGED));
    assertThat(catalog.published().snapshot().services()).isEmpty();
  }

  @Test
  void servicesHaveTheVersionOfTheirOwnLastChange() {
    catalog.register(request("a", 1));
    var order = Instance.of(new InstanceKey("order", "o"), "h", 1);
    catalog.register(new RegistrationRequest(order, LEASE));

    assertThat(catalog.published().service("payment")).get().matches(v -> v.version() == 1);
    assertThat(catalog.published().service("order")).get().matches(v -> v.version() == 2);
    assertThat(catalog.published().version()).isEqualTo(2);
  }

  @Test
  void aRestoredLeaseBeginsAnew() throws StoreException {
    catalog.register(request("a", 1));
    clock.advance(Duration.ofHours(3));

    var restarted = open(CatalogSettings.defaults());
    clock.advance(LEASE.minus(TICK));
    restarted.expire();
    assertThat(restarted.instanceCount()).isOne();
    assertThat(restarted.published().version()).isEqualTo(1);
    assertThat(restarted.published().snapshot()).isEqualTo(catalog.published().snapshot());

    clock.advance(TICK);
    restarted.expire();
    assertThat(restarted.instanceCount()).isZero();
  }

  @Test
  void theGraceAfterARestartCanBeLongerThanTheLease() throws StoreException {
    catalog.register(request("a", 1));
    var grace = Duration.ofMinutes(5);

    var restarted = open(new CatalogSettings(10, 10, 10, 10, grace));
    clock.advance(grace.minus(TICK));
    restarted.expire();
    assertThat(restarted.instanceCount()).isOne();

    clock.advance(TICK);
    restarted.expire();
    assertThat(restarted.instanceCount()).isZero();
  }

  @Test
  void aHeartbeatDoesNotShortenTheGrace() throws StoreException {
    catalog.register(request("a", 1));
    var restarted = open(new CatalogSettings(10, 10, 10, 10, Duration.ofMinutes(5)));

    restarted.heartbeat(key("a"));
    clock.advance(LEASE.multipliedBy(2));
    restarted.expire();

    assertThat(restarted.instanceCount()).isOne();
  }

  @Test
  void aStoreThatFailsChangesNothingAndSaysWhy() {
    catalog.register(request("a", 1));
    var before = catalog.published().snapshot();
    store.failNext(3);

    var refusal =
        new Refused(Problem.of(503, "Registry cannot write", "cannot write: the disk is full"));
    assertThat(result(catalog.register(request("b", 2)))).isEqualTo(refusal);
    assertThat(result(catalog.register(request("a", 9)))).isEqualTo(refusal);
    assertThat(result(catalog.deregister(key("a")))).isEqualTo(refusal);
    assertThat(catalog.published().snapshot()).isEqualTo(before);
    assertThat(catalog.isStoreFailing()).isTrue();

    assertThat(result(catalog.register(request("b", 2)))).isEqualTo(new Written(2, Effect.CREATED));
    assertThat(catalog.isStoreFailing()).isFalse();
  }

  @Test
  void anExpiryThatCannotBeStoredGivesTheLeaseBack() {
    catalog.register(request("a", 1));
    clock.advance(LEASE);
    store.failNext(1);
    catalog.expire();

    assertThat(catalog.instanceCount()).isOne();
    assertThat(catalog.heartbeat(key("a"))).isTrue();

    clock.advance(LEASE);
    catalog.expire();
    assertThat(catalog.instanceCount()).isZero();
  }

  @Test
  void changesThatWaitTogetherShareOneTransaction() throws StoreException {
    var busy = new Catalog(CatalogSettings.defaults(), store, clock::nanoTime, waiting::add);
    var results = new ArrayList<CompletionStage<WriteResult>>();
    for (int i = 0; i < 50; i++) {
      results.add(busy.register(request("i" + i, 1)));
    }
    results.add(busy.deregister(key("i0")));
    results.add(busy.register(request("i0", 7)));
    assertThat(results).noneMatch(r -> r.toCompletableFuture().isDone());
    assertThat(busy.published().snapshot().services()).isEmpty();

    waiting.removeFirst().run();

    assertThat(store.batchSizes).containsExactly(52);
    assertThat(result(results.get(51))).isEqualTo(new Written(52, Effect.CREATED));
    assertThat(busy.published().snapshot().instanceCount()).isEqualTo(50);
    assertThat(waiting).isEmpty();
  }

  @Test
  void aRenewalBetweenTheScanAndTheTransactionKeepsTheInstance() throws StoreException {
    catalog.register(request("a", 1));
    var busy = new Catalog(CatalogSettings.defaults(), store, clock::nanoTime, waiting::add);
    clock.advance(LEASE);
    busy.expire();
    busy.heartbeat(key("a"));

    waiting.removeFirst().run();

    assertThat(busy.instanceCount()).isOne();
  }

  @Test
  void tooManyWaitingWritesAreRefused() throws StoreException {
    var settings = new CatalogSettings(10, 10, 2, 10, Duration.ZERO);
    var busy = new Catalog(settings, store, clock::nanoTime, waiting::add);
    busy.register(request("a", 1));
    busy.register(request("b", 1));

    assertThat(result(busy.register(request("c", 1))))
        .isEqualTo(
            new Refused(
                Problem.of(
                    503, "Registry cannot write", "All 2 places for waiting writes are taken")));
    assertThat(busy.counters().read().overloads()).isOne();
  }

  @Test
  void aFullCatalogRefusesNewInstancesOnly() throws StoreException {
    var small = open(new CatalogSettings(1, 10, 10, 10, Duration.ZERO));
    small.register(request("a", 1));

    assertThat(result(small.register(request("b", 1))))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.problem().detail())
                    .isEqualTo("maxInstances: all 1 are registered"));
    assertThat(result(small.register(request("a", 2)))).isEqualTo(new Written(2, Effect.UPDATED));

    small.deregister(key("a"));
    assertThat(result(small.register(request("b", 1)))).isEqualTo(new Written(4, Effect.CREATED));
  }

  @Test
  void aPlaceGivenBackIsFreeForTheNextInTheSameTransaction() throws StoreException {
    var settings = new CatalogSettings(1, 10, 10, 10, Duration.ZERO);
    var small = new Catalog(settings, store, clock::nanoTime, waiting::add);
    small.register(request("a", 1));
    var second = small.register(request("b", 1));
    small.deregister(key("a"));
    var third = small.register(request("c", 1));

    waiting.removeFirst().run();

    assertThat(result(second)).isInstanceOf(Refused.class);
    assertThat(result(third)).isEqualTo(new Written(3, Effect.CREATED));
    assertThat(store.batchSizes).containsExactly(3);
  }

  @Test
  void manyLeasesRunOutInBatches() throws StoreException {
    var batched = open(new CatalogSettings(10, 10, 10, 4, Duration.ZERO));
    for (int i = 0; i < 6; i++) {
      batched.register(request("i" + i, 1));
    }
    clock.advance(LEASE);

    batched.expire();
    assertThat(batched.instanceCount()).isEqualTo(2);
    batched.expire();
    assertThat(batched.instanceCount()).isZero();
  }

  @Test
  void aClosedCatalogRefusesChangesAndEndsItsWatches() throws InterruptedException {
    var cursor = catalog.published().cursor(WatchRequest.everything());
    catalog.close();

    assertThat(result(catalog.register(request("a", 1)))).isInstanceOf(Refused.class);
    assertThat(cursor.next(Duration.ofDays(1))).isEqualTo(new Next.Ended());
  }

  @Test
  void aChangeThatComesWhileTheWriterEndsIsRefused() throws StoreException {
    var ending =
        new Catalog(
            CatalogSettings.defaults(),
            store,
            clock::nanoTime,
            task -> {
              throw new RejectedExecutionException("shut down");
            });

    assertThat(result(ending.register(request("a", 1))))
        .isEqualTo(
            new Refused(Problem.of(503, "Registry cannot write", "The registry is stopping")));
  }

  @Test
  void watchersSeeEveryChangeOnceInOrder() throws InterruptedException {
    var cursor = catalog.published().cursor(WatchRequest.everything());
    assertThat(cursor.next(Duration.ZERO))
        .isEqualTo(
            new Next.Events(List.of(new CatalogEvent.Resync(catalog.published().snapshot())), 0));

    catalog.register(request("a", 1));
    catalog.deregister(key("a"));

    assertThat(cursor.next(Duration.ZERO))
        .isEqualTo(
            new Next.Events(
                List.of(
                    new CatalogChange.Put(1, request("a", 1).instance()),
                    new CatalogChange.Removed(2, key("a"), RemovalReason.DEREGISTERED)),
                2));
    assertThat(cursor.next(Duration.ZERO)).isEqualTo(new Next.Idle(2));
  }

  private static RegistrationRequest status(String id, HealthStatus status) {
    return new RegistrationRequest(request(id, 1).instance().withStatus(status), LEASE);
  }

  private static WriteResult result(CompletionStage<WriteResult> stage) {
    return stage.toCompletableFuture().join();
  }
}
