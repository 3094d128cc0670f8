package io.fairlead.registry;

import static io.fairlead.registry.CatalogStoreContract.key;
import static io.fairlead.registry.CatalogStoreContract.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fairlead.discovery.Backoff;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogListener;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.discovery.RegistrationState;
import io.fairlead.discovery.RegistryClient;
import io.fairlead.discovery.RegistryClientSettings;
import io.fairlead.discovery.RegistryException;
import io.fairlead.discovery.SourceState;
import io.fairlead.discovery.WatchRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RegistryClientIT {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final RegistrySettings SETTINGS =
      RegistrySettings.defaults().withKeepAlive(Duration.ofMillis(200));

  private TestServer server;
  private RegistryClient client;

  @BeforeEach
  void start() throws StoreException {
    server = TestServer.start(SETTINGS, new InMemoryCatalogStore(), 0);
    client = new RegistryClient(settings(server.uri("")));
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private static RegistryClientSettings settings(URI... registries) {
    return new RegistryClientSettings(
        List.of(registries),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5),
        new Backoff(Duration.ofMillis(20), Duration.ofMillis(100)),
        1 << 20,
        8,
        8);
  }

  private void restart(CatalogStore store) throws StoreException {
    int port = server.port();
    server.close();
    server = TestServer.start(SETTINGS, store, port);
  }

  private static RegistrationRequest brief(String id) {
    return new RegistrationRequest(request(id, 8080).instance(), Duration.ofSeconds(1));
  }

  @Test
  void aRegistrationIsInTheCatalogUntilItIsClosed() throws Exception {
    var registration = client.register(request("a", 8080));
    assertThat(registration.awaitRegistered(BOUND)).isTrue();
    assertThat(client.catalog().services().get("payment"))
        .matches(view -> view != null && view.instances().containsKey("a"));

    registration.close();

    assertThat(registration.state()).isEqualTo(new RegistrationState.Closed());
    assertThat(client.catalog().services()).isEmpty();
  }

  @Test
  void heartbeatsOutliveTheLease() throws Exception {
    client.register(brief("a")).awaitRegistered(BOUND);
    // Nobody renews this one: when it has expired, so would the other without heartbeats.
    server.registry().register(brief("b")).toCompletableFuture().join();

    await()
        .atMost(BOUND)
        .untilAsserted(
            () ->
                assertThat(server.registry().service("payment").orElseThrow().instances())
                    .containsOnlyKeys("a"));
    assertThat(server.registry().prometheus())
        .containsPattern("(?m)^fairlead_registry_heartbeats_total [1-9]");
  }

  @Test
  void aRegistryThatForgotIsToldAgain() throws Exception {
    var registration = client.register(brief("a"));
    registration.awaitRegistered(BOUND);

    restart(new InMemoryCatalogStore());

    await().atMost(BOUND).until(() -> server.registry().snapshot().instanceCount() == 1);
    assertThat(registration.awaitRegistered(BOUND)).isTrue();
  }

  @Test
  void aRegistrationMadeWhileTheRegistryIsAwayIsMadeGoodLater() throws Exception {
    int port = server.port();
    server.close();
    var registration = client.register(request("a", 8080));
    await()
        .atMost(BOUND)
        .until(
            () ->
                registration.state() instanceof RegistrationState.Pending(var why)
                    && why.contains("ConnectException"));

    server = TestServer.start(SETTINGS, new InMemoryCatalogStore(), port);

    assertThat(registration.awaitRegistered(BOUND)).isTrue();
  }

  @Test
  void anUpdateReachesTheCatalogAtOnce() throws Exception {
    var registration = client.register(request("a", 8080));
    registration.awaitRegistered(BOUND);

    registration.update(registration.instance().withStatus(HealthStatus.DOWN));

    await()
        .atMost(BOUND)
        .untilAsserted(
            () ->
                assertThat(server.registry().service("payment").orElseThrow().instances())
                    .containsEntry(
                        "a", request("a", 8080).instance().withStatus(HealthStatus.DOWN)));
    assertThatThrownBy(() -> registration.update(request("b", 1).instance()))
        .hasMessage("newInstance: must be payment/a, was payment/b");
  }

  @Test
  void aRefusedRegistrationSaysWhyAndTriesNoMore() throws Exception {
    restart(new InMemoryCatalogStore());
    var path = server.uri("/no-such-prefix");
    try (var misled = new RegistryClient(settings(path))) {
      var registration = misled.register(request("a", 8080));

      assertThat(registration.awaitRegistered(BOUND)).isFalse();
      assertThat(registration.state()).isInstanceOf(RegistrationState.Refused.class);
    }
  }

  @Test
  void aRegistryThatCannotStoreIsTriedAgain() throws Exception {
    var store = new FaultyCatalogStore();
    restart(store);
    store.failNext(2);

    var registration = client.register(request("a", 8080));

    assertThat(registration.awaitRegistered(BOUND)).isTrue();
    assertThat(store.failures).hasValue(0);
  }

  @Test
  void questionsToARegistryThatRefusesNameTheReason() {
    try (var misled = new RegistryClient(settings(server.uri("/nowhere")))) {
      assertThatThrownBy(misled::catalog)
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("registry answered 404");
    }
  }

  @Test
  void theSnapshotFollowsTheRegistryAndStaysWhileItIsAway() throws Exception {
    server.registry().register(request("a", 1)).toCompletableFuture().join();
    await().atMost(BOUND).until(() -> client.snapshot().instanceCount() == 1);
    await().atMost(BOUND).until(() -> client.state() instanceof SourceState.Live);
    var lastGood = client.snapshot();

    int port = server.port();
    server.close();
    await().atMost(BOUND).until(() -> client.state() instanceof SourceState.Away);
    assertThat(client.snapshot()).isEqualTo(lastGood);

    server = TestServer.start(SETTINGS, new InMemoryCatalogStore(), port);
    await().atMost(BOUND).until(() -> client.state() instanceof SourceState.Live);
    assertThat(client.snapshot().services()).isEmpty();
  }

  @Test
  void theNextAddressIsTriedWhenOneIsDead() throws Exception {
    var dead = URI.create("http://127.0.0.1:1");
    try (var pair = new RegistryClient(settings(dead, server.uri("/")))) {
      assertThat(pair.register(request("a", 1)).awaitRegistered(Duration.ofMillis(1))).isFalse();
      await().atMost(BOUND).until(() -> server.registry().snapshot().instanceCount() == 1);
    }
  }

  @Test
  void aResumedWatchRepeatsNothingAndMissesNothing() throws Exception {
    var store = new InMemoryCatalogStore();
    restart(store);
    var follower = new Follower();
    try (var watch = client.watch(WatchRequest.everything(), follower)) {
      assertThat(watch).isNotNull();
      var random = new Random(5);
      for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 30; i++) {
          change(random);
        }
        var truth = server.registry().snapshot();
        await().atMost(BOUND).untilAsserted(() -> assertThat(follower.seen.get()).isEqualTo(truth));
        // The same catalog comes back at the same version: nothing may be sent twice.
        restart(store);
      }
    }

    assertThat(follower.events.stream().filter(CatalogEvent.Resync.class::isInstance)).hasSize(1);
    var versions = follower.events.stream().map(CatalogEvent::version).toList();
    assertThat(versions.stream().sorted().distinct().toList()).isEqualTo(versions);
  }

  @Test
  void aBlockedListenerIsCaughtUpByAResync() throws Exception {
    var small = new CatalogSettings(1000, 4, 1000, 100, Duration.ZERO);
    int port = server.port();
    server.close();
    server = TestServer.start(SETTINGS.withCatalog(small), new InMemoryCatalogStore(), port);
    var entered = new CountDownLatch(1);
    var mayGoOn = new CountDownLatch(1);
    var follower = new Follower();
    CatalogListener slow =
        event -> {
          follower.onEvent(event);
          entered.countDown();
          awaitLatch(mayGoOn);
        };
    try (var watch = client.watch(WatchRequest.everything(), slow)) {
      assertThat(watch).isNotNull();
      awaitLatch(entered);
      // More than what the sockets between hold.
      var filling = Map.of("filling", "x".repeat(1000));
      for (int i = 0; i < 6_000; i++) {
        var instance = request("i" + i % 50, 1 + i).instance().withMetadata(filling);
        server.registry().register(new RegistrationRequest(instance, Duration.ofHours(1)));
      }
      await().atMost(BOUND).until(() -> server.registry().snapshot().version() >= 5_000);
      mayGoOn.countDown();

      await()
          .atMost(BOUND)
          .untilAsserted(
              () -> assertThat(follower.seen.get()).isEqualTo(server.registry().snapshot()));
    }
    assertThat(follower.events.stream().filter(CatalogEvent.Resync.class::isInstance).count())
        .isGreaterThan(1);
  }

  @Test
  void aClosedWatchHearsNothing() throws Exception {
    var follower = new Follower();
    var watch = client.watch(WatchRequest.everything(), follower);
    await().atMost(BOUND).until(() -> follower.events.size() == 1);

    watch.close();
    await().atMost(BOUND).until(() -> server.registry().http().watchCount() == 0);
    server.registry().register(request("a", 1)).toCompletableFuture().join();

    assertThat(follower.events).hasSize(1);
  }

  @Test
  void watchesAndRegistrationsAreBounded() {
    for (int i = 0; i < 8; i++) {
      client.watch(WatchRequest.ofService("s" + i), event -> {});
      client.register(request("i" + i, 1));
    }

    assertThatThrownBy(() -> client.watch(WatchRequest.everything(), event -> {}))
        .hasMessage("maxWatches: all 8 are in use");
    assertThatThrownBy(() -> client.register(request("more", 1)))
        .hasMessage("maxRegistrations: all 8 are in use");
  }

  @Test
  void theRegistryInTheSameProcessIsWatchedLikeOneElsewhere() {
    var follower = new Follower();
    try (var watch = server.registry().watch(WatchRequest.everything(), follower)) {
      assertThat(watch).isNotNull();
      server.registry().register(request("a", 1));
      server.registry().deregister(key("a"));
      server.registry().register(request("b", 1));

      await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThat(follower.seen.get())
                      .isEqualTo(server.registry().snapshot())
                      .matches(seen -> seen.version() == 3));
    }
  }

  private void change(Random random) {
    var key = new InstanceKey("s" + random.nextInt(3), "i" + random.nextInt(3));
    if (random.nextInt(3) == 0) {
      server.registry().deregister(key).toCompletableFuture().join();
    } else {
      var instance = Instance.of(key, "h", 1 + random.nextInt(1000));
      server
          .registry()
          .register(new RegistrationRequest(instance, Duration.ofHours(1)))
          .toCompletableFuture()
          .join();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Folds events into a state and remembers them. */
  private static final class Follower implements CatalogListener {
    final AtomicReference<CatalogSnapshot> seen = new AtomicReference<>(CatalogSnapshot.empty());
    final List<CatalogEvent> events = new CopyOnWriteArrayList<>();

    @Override
    public void onEvent(CatalogEvent event) {
      events.add(event);
      seen.set(seen.get().apply(event));
    }
  }
}
