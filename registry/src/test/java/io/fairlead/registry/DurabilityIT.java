package io.fairlead.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.CatalogJson;
import io.fairlead.registry.CatalogStore.StoredEntry;
import io.fairlead.testkit.ChildJvm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A registry process is killed while clients register; what it acknowledged must be there. */
@Timeout(120)
class DurabilityIT {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int ROUNDS = 3;
  private static final int WRITERS = 4;

  @TempDir private Path folder;

  /** A registry on a free port with its state in the folder. */
  static final class Process {
    private Process() {}

    public static void main(String[] folder) throws Exception {
      var store = SqliteCatalogStore.open(SqliteSettings.of(Path.of(folder[0], "catalog.db")));
      System.out.println("port " + TestServer.start(RegistrySettings.defaults(), store, 0).port());
      new CountDownLatch(1).await();
    }
  }

  @Test
  void everyAcknowledgedRegistrationSurvivesKill9() throws Exception {
    var acknowledged = new ConcurrentHashMap<String, Integer>();
    var attempted = new ConcurrentHashMap<String, Integer>();
    var random = new Random(3);
    for (int round = 0; round < ROUNDS; round++) {
      try (var child = ChildJvm.start(Process.class, List.of(folder.toString()))) {
        int port = Integer.parseInt(child.awaitLine("port ", BOUND));
        int before = acknowledged.size();
        int more = 50 + random.nextInt(200);
        try (var writers = Executors.newVirtualThreadPerTaskExecutor();
            var http = HttpClient.newHttpClient()) {
          for (int writer = 0; writer < WRITERS; writer++) {
            var name = "r" + round + "-w" + writer;
            writers.execute(() -> registerUntilRefused(http, port, name, attempted, acknowledged));
          }
          Awaitility.await()
              .pollInterval(Duration.ofMillis(5))
              .atMost(BOUND)
              .until(() -> acknowledged.size() >= before + more);
          child.kill();
        }
      }
      verify(acknowledged, attempted);
    }
  }

  private static void registerUntilRefused(
      HttpClient http,
      int port,
      String writer,
      Map<String, Integer> attempted,
      Map<String, Integer> acknowledged) {
    try {
      for (int i = 1; ; i++) {
        var id = writer + "-" + i;
        attempted.put(id, i);
        var uri = "http://127.0.0.1:" + port + "/v1/services/payment/instances/" + id;
        var body = CatalogJson.registration(CatalogStoreContract.request(id, i));
        var put =
            HttpRequest.newBuilder(URI.create(uri)).PUT(BodyPublishers.ofByteArray(body)).build();
        if (http.send(put, BodyHandlers.discarding()).statusCode() == 201) {
          acknowledged.put(id, i);
        }
      }
    } catch (IOException e) {
      assertThat(e).as("the process is gone").isNotNull();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void verify(Map<String, Integer> acknowledged, Map<String, Integer> attempted)
      throws StoreException {
    var settings = SqliteSettings.of(folder.resolve("catalog.db"));
    try (var store = SqliteCatalogStore.open(settings)) {
      var stored = store.load();
      var ports = new HashMap<String, Integer>();
      for (StoredEntry entry : stored.entries()) {
        var instance = entry.request().instance();
        ports.put(instance.id(), instance.port());
      }
      assertThat(ports).containsAllEntriesOf(acknowledged);
      assertThat(attempted).containsAllEntriesOf(ports);
      assertThat(stored.version()).isEqualTo(ports.size());
    }
  }
}
