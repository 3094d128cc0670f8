package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fairlead.control.CounterStore.Hit;
import io.fairlead.testkit.FreePorts;
import io.fairlead.traffic.MeshSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.embedded.RedisServer;

/** Counters in a real Redis server, which the test installs and stops. */
class RedisCountersIT {
  private RedisServer server;
  private RedisCounters counters;
  private int port;

  @BeforeEach
  void start() throws IOException {
    port = FreePorts.one();
    server = server();
    server.start();
    counters = new RedisCounters(settings("/3"));
  }

  private RedisServer server() throws IOException {
    return RedisServer.newRedisServer()
        .port(port)
        .setting("bind 127.0.0.1")
        .setting("requirepass secret")
        .setting("save \"\"")
        .setting("user counter on >own ~fairlead:* +eval +incrby +expire +select")
        .build();
  }

  private RedisSettings settings(String path) {
    return RedisSettings.of(URI.create("redis://:secret@127.0.0.1:" + port + path));
  }

  @AfterEach
  void stop() throws IOException {
    counters.close();
    server.stop();
  }

  private static List<Long> add(CounterStore to, Hit... hits) throws Exception {
    return to.add(List.of(hits)).get(10, TimeUnit.SECONDS);
  }

  @Test
  void hitsOfAllStoresAreCountedTogether() throws Exception {
    assertThat(add(counters, new Hit("a", 1, 60), new Hit("b", 5, 60))).containsExactly(1L, 5L);
    var other = new RedisCounters(settings("/3"));
    assertThat(add(other, new Hit("b", 2, 60), new Hit("c ä\r\n", 1, 60))).containsExactly(7L, 1L);
    other.close();
    var elsewhere = new RedisCounters(settings(""));
    assertThat(add(elsewhere, new Hit("b", 1, 60))).as("another database").containsExactly(1L);
    elsewhere.close();
  }

  @Test
  void noHitIsLostWhereManyComeAtOnce() throws Exception {
    List<CompletableFuture<List<Long>>> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(counters.add(List.of(new Hit("many", 1, 60))));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
    assertThat(all.stream().map(told -> told.join().getFirst()))
        .doesNotHaveDuplicates()
        .contains(500L);
  }

  @Test
  void countersAreForgottenAfterTheirTime() throws Exception {
    assertThat(add(counters, new Hit("brief", 1, 1))).containsExactly(1L);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(1_500))
        .until(() -> add(counters, new Hit("brief", 1, 1)).equals(List.of(1L)));
  }

  @Test
  void whileItIsAwayEveryCallFailsAtOnceAndLaterItCountsAgain() throws Exception {
    add(counters, new Hit("a", 1, 60));
    server.stop();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> add(counters, new Hit("a", 1, 60)))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IOException.class);
    }
    server = server();
    server.start();
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> !add(counters, new Hit("new", 1, 60)).isEmpty());
  }

  @Test
  void aRestartOfTheServerCostsNoRequest() throws Exception {
    add(counters, new Hit("a", 1, 60));
    server.stop();
    server = server();
    server.start();
    assertThat(add(counters, new Hit("a", 1, 60))).containsExactly(1L);
  }

  @Test
  void aUserOfItsOwnMayCountAndNothingElse() throws Exception {
    var uri = URI.create("redis://counter:own@127.0.0.1:" + port);
    var own = new RedisCounters(RedisSettings.of(uri));
    assertThat(add(own, new Hit("fairlead:x", 2, 60))).containsExactly(2L);
    assertThatThrownBy(() -> add(own, new Hit("other", 1, 60))).hasMessageContaining("NOPERM");
    own.close();
  }

  @Test
  void tlsNeedsACertificateOfTheRootsThatAreNamed(@TempDir Path folder) throws Exception {
    var authority =
        CertificateAuthority.open(
            new CertificateAuthority.Settings(folder, MeshSettings.defaults(), Duration.ofHours(1)),
            Clock.systemUTC());
    try (var front = new TlsRelay(authority.server("redis", List.of("127.0.0.1")), port)) {
      var place = "rediss://:secret@127.0.0.1:" + front.port() + "/3?timeout=5s";
      var trusting = RedisSettings.of(URI.create(place + "&ca=" + folder.resolve("root.pem")));
      var secured = new RedisCounters(trusting);
      assertThat(add(secured, new Hit("a", 1, 60))).containsExactly(1L);
      assertThat(add(counters, new Hit("a", 1, 60))).containsExactly(2L);
      secured.close();
      var unknown = new RedisCounters(RedisSettings.of(URI.create(place)));
      assertThatThrownBy(() -> add(unknown, new Hit("a", 1, 60)))
          .hasCauseInstanceOf(javax.net.ssl.SSLHandshakeException.class);
      unknown.close();
    }
  }

  @Test
  void aWrongPasswordIsTold() {
    var wrong = new RedisCounters(RedisSettings.of(URI.create("redis://:other@127.0.0.1:" + port)));
    assertThatThrownBy(() -> add(wrong, new Hit("a", 1, 60)))
        .hasMessageContaining("Redis refused AUTH")
        .hasMessageNotContaining("other");
    wrong.close();
  }

  @Test
  void placesAreReadOrRefusedWithoutTheirPassword() {
    assertThat(settings("/3").toString()).doesNotContain("secret").contains("database 3");
    var tls = RedisSettings.of(URI.create("rediss://ann:pw@redis.example"));
    assertThat(tls.security()).isEqualTo(RedisSettings.Security.TLS);
    assertThat(tls.user()).isEqualTo("ann");
    assertThat(tls.port()).isEqualTo(6379);
    for (String broken :
        List.of(
            "http://:pw@a",
            "redis:///1",
            "redis://:pw@a/x",
            "redis://:pw@a?ca=x",
            "redis://:pw@a?timeout=11s",
            "redis://:pw@a?no=1")) {
      assertThatThrownBy(() -> RedisSettings.of(URI.create(broken)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("redis: ")
          .hasMessageNotContaining("pw");
    }
  }
}
