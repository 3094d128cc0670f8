package io.fairlead.proxy;

import static io.fairlead.resilience.RetryOn.CONNECT_FAILURE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Snapshot;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Everything at once for a while ({@code -Dsoak.seconds=600}, by default a few): fast and slow
 * clients of both versions of HTTP, a new configuration every 100 ms, servers that are killed. Each
 * request is in a ledger that says whether it was lost, doubled or misrouted.
 */
@ExtendWith(LeakCheck.class)
class SoakIT {
  private static final int SECONDS = Integer.getInteger("soak.seconds", 6);
  private static final Duration CHURN = Duration.ofMillis(100);
  private static final Duration KILL = Duration.ofMillis(700);
  private static final Duration DOWN = Duration.ofMillis(250);

  private final SoakLedger ledger = new SoakLedger();
  private final List<List<SoakUpstream>> services = new ArrayList<>();
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private int configurations;
  private int kills;

  /** What the process holds while nothing is asked. */
  private record Held(long heapBytes, long directBytes, long files) {
    static Held now() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      try (var files = Files.list(Path.of("/proc/self/fd"))) {
        return new Held(
            runtime.totalMemory() - runtime.freeMemory(),
            PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory(),
            files.count());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String toString() {
      return "heap %.1f MiB, direct %.1f MiB, %d files"
          .formatted(heapBytes / 1048576.0, directBytes / 1048576.0, files);
    }
  }

  @Test
  void nothingIsLostDoubledOrMisrouted() throws Exception {
    for (String service : List.of("a", "b", "c")) {
      services.add(List.of(upstream(service), upstream(service), upstream(service)));
    }
    List<Held> held = new ArrayList<>();
    ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
    try (var front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));
        var clients = start(front)) {
      every(clock, CHURN, () -> front.apply(configuration()));
      every(clock, KILL, () -> killOne(clock));
      for (int part = 0; part < 3; part++) {
        clients.whileQuiet(() -> held.add(Held.now()));
        waitFor(clock, SECONDS * 1000L / 3);
      }
      clients.whileQuiet(() -> held.add(Held.now()));
      clients.close();
      clock.shutdownNow();
      assertThat(clock.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      report(held, clients);
    } finally {
      clock.shutdownNow();
      for (SoakUpstream upstream : services.stream().flatMap(List::stream).toList()) {
        upstream.close();
      }
    }
  }

  private SoakUpstream upstream(String service) throws IOException {
    return new SoakUpstream(ledger, service);
  }

  private SoakClients start(Front front) {
    front.apply(configuration());
    SoakClients clients = new SoakClients(ledger, front.address());
    clients.start();
    return clients;
  }

  private void every(ScheduledExecutorService clock, Duration period, Runnable task) {
    Runnable guarded =
        () -> {
          try {
            task.run();
          } catch (RuntimeException | AssertionError e) {
            failed.completeExceptionally(e);
          }
        };
    clock.scheduleWithFixedDelay(guarded, 0, period.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Until the time is over or something periodic failed. */
  private void waitFor(ScheduledExecutorService clock, long millis) throws Exception {
    var over = new CompletableFuture<Void>();
    clock.schedule(() -> over.complete(null), millis, TimeUnit.MILLISECONDS);
    CompletableFuture.anyOf(over, failed).get();
  }

  /** Of services a and b; the clients of c take their time, and a kill would cut them. */
  private void killOne(ScheduledExecutorService clock) {
    SoakUpstream victim = services.get(kills % 2).get(kills / 2 % 3);
    kills++;
    try {
      victim.kill();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    clock.schedule(
        () -> {
          try {
            victim.restart();
          } catch (IOException e) {
            failed.completeExceptionally(e);
          }
        },
        DOWN.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** Each is another one: order and number of routes, listeners, balancing, endpoints, retries. */
  private Snapshot configuration() {
    int number = configurations++;
    List<Route> routes = new ArrayList<>();
    List<Cluster> clusters = new ArrayList<>();
    Duration delay = Duration.ofMillis(1 + number % 5);
    for (int i = 0; i < services.size(); i++) {
      String name = String.valueOf((char) ('a' + i));
      routes.add(route(name, List.of("GET"), retry(delay)));
      // What may have been processed is not sent again.
      routes.add(route(name, List.of("POST"), retry(delay).withOn(Set.of(CONNECT_FAILURE))));
      List<HostPort> addresses =
          new ArrayList<>(services.get(i).stream().map(SoakUpstream::address).toList());
      Collections.rotate(addresses, number);
      var endpoints = addresses.toArray(HostPort[]::new);
      clusters.add(Model.cluster(name, ResilienceSettings.none(), endpoints));
    }
    for (int i = 0; i < number % 7; i++) {
      routes.add(Model.route("x" + i, "/a/x" + i, RouteAction.Forward.to("b")));
    }
    Collections.rotate(routes, number);
    List<Listener> listeners = new ArrayList<>(List.of(Model.listener("front", "routes")));
    if (number % 3 == 1) {
      listeners.add(Model.listener("other", "routes"));
    }
    var table = Model.table("routes", routes.toArray(Route[]::new));
    return new Snapshot(listeners, List.of(table), clusters, List.of(), List.of());
  }

  private static RetrySettings retry(Duration delay) {
    return RetrySettings.defaults().withInitialDelay(delay).withBudget(Optional.empty());
  }

  private static Route route(String service, List<String> methods, RetrySettings retry) {
    var path = new Route.PathMatch.Prefix("/" + service + "/");
    return new Route(
        service + "-" + methods.getFirst(),
        new Route.Match(path, methods, List.of(), List.of()),
        RouteAction.Forward.to(service),
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        ResilienceSettings.none().withRetry(retry),
        Optional.empty());
  }

  private void report(List<Held> held, SoakClients clients) throws IOException {
    SoakLedger.Sums sums = ledger.sums();
    String text =
        "%d s, %d configurations, %d servers killed%n%s%nfailures of clients: %s%n%s%n"
            .formatted(SECONDS, configurations, kills, sums, clients.failures(), held);
    Files.writeString(Path.of("target", "soak.txt"), text, UTF_8);
    System.out.print(text);

    assertThat(failed).isNotCompletedExceptionally();
    assertThat(sums.lost()).as(text).isZero();
    assertThat(sums.doubled()).as(text).isZero();
    assertThat(sums.misrouted()).as(text).isZero();
    assertThat(sums.refusedThoughRepeatable()).as(text).isEqualTo(sums.cutByClients());
    assertThat(clients.failures()).as(text).isEmpty();
    assertThat(sums.answered()).as(text).isEqualTo(sums.sent() - sums.refused());
    assertThat(sums.recorded()).as(text).isEqualTo(sums.answered());
    Held first = held.get(1);
    Held last = held.getLast();
    assertThat(last.files()).as(text).isLessThan(first.files() + 100);
    assertThat(last.directBytes()).as(text).isLessThan(first.directBytes() + (16 << 20));
    assertThat(last.heapBytes()).as(text).isLessThan(first.heapBytes() + (16 << 20));
  }
}
