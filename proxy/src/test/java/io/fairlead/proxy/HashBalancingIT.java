package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Cluster.HashKey;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Equal requests reach the same endpoint, whichever loop serves them. */
@ExtendWith(LeakCheck.class)
class HashBalancingIT {
  private static final int KEYS = 120;

  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));
  private final List<RawUpstream> upstreams = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < 5; i++) {
      upstreams.add(RawUpstream.ok("u" + i));
    }
  }

  @AfterEach
  void stop() throws IOException {
    front.close();
    for (RawUpstream upstream : upstreams) {
      upstream.close();
    }
  }

  private void balance(LoadBalancing balancing, List<RawUpstream> among) {
    Cluster cluster =
        Model.cluster(
            "backend",
            ResilienceSettings.none(),
            among.stream().map(RawUpstream::address).toArray(HostPort[]::new));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            cluster.withLoadBalancing(balancing)));
  }

  private static LoadBalancing ring(HashKey key) {
    return new LoadBalancing.RingHash(key, 1_024, 8 << 20);
  }

  /** The answer's body for each key, asked for over two connections. */
  private Map<String, String> answers(String target, String field) throws IOException {
    Map<String, String> answers = new HashMap<>();
    for (int round = 0; round < 2; round++) {
      try (var client = front.client()) {
        for (int key = 0; key < KEYS; key++) {
          String head =
              "GET " + target.formatted(key) + " HTTP/1.1\r\nHost: h\r\n" + field.formatted(key);
          String answer = client.send(head + "\r\n").readMessage();
          String body = answer.substring(answer.length() - 2);
          assertThat(answers.merge("k" + key, body, (a, b) -> a.equals(b) ? a : "differs"))
              .matches("u\\d");
        }
      }
    }
    return answers;
  }

  @Test
  void equalHeadersReachTheSameEndpoint() throws IOException {
    balance(ring(new HashKey.Header("x-user")), upstreams);
    assertThat(new HashSet<>(answers("/", "X-User: u%d\r\n").values())).hasSize(5);
  }

  @Test
  void equalQueryParametersReachTheSameEndpoint() throws IOException {
    balance(new LoadBalancing.Maglev(new HashKey.QueryParameter("u"), 251), upstreams);
    assertThat(new HashSet<>(answers("/?a=b&u=%d", "").values())).hasSize(5);
  }

  @Test
  void equalCookiesReachTheSameEndpoint() throws IOException {
    balance(ring(new HashKey.Cookie("s", "", Optional.empty())), upstreams);
    assertThat(new HashSet<>(answers("/", "Cookie: a=b; s=%d\r\n").values())).hasSize(5);
  }

  @Test
  void aClientReachesTheSameEndpointByItsAddress() throws IOException {
    balance(new LoadBalancing.Maglev(new HashKey.SourceAddress(), 251), upstreams);
    assertThat(new HashSet<>(answers("/", "").values())).hasSize(1);
  }

  @Test
  void whoeverHasNoCookieGetsOneThatLeadsBack() throws IOException {
    var cookie = new HashKey.Cookie("s", "/shop", Optional.of(Duration.ofHours(1)));
    balance(ring(cookie), upstreams);
    Set<String> reached = new HashSet<>();
    try (var client = front.client()) {
      for (int i = 0; i < KEYS; i++) {
        String first = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        assertThat(first)
            .containsPattern(
                "set-cookie: s=\\p{XDigit}{16}; Max-Age=3600; Path=/shop; HttpOnly\r\n");
        String value = first.replaceAll("(?s).*set-cookie: (s=\\p{XDigit}+);.*", "$1");
        String second =
            client.send("GET / HTTP/1.1\r\nHost: h\r\nCookie: " + value + "\r\n\r\n").readMessage();
        assertThat(second)
            .doesNotContain("set-cookie")
            .endsWith(first.substring(first.length() - 2));
        reached.add(second.substring(second.length() - 2));
      }
    }
    assertThat(reached).hasSize(5);
  }

  @Test
  void whenAnEndpointGoesTheOthersKeepTheirRequests() throws IOException {
    balance(ring(new HashKey.Header("x-user")), upstreams);
    Map<String, String> before = answers("/", "X-User: u%d\r\n");
    balance(ring(new HashKey.Header("x-user")), upstreams.subList(0, 4));
    Map<String, String> after = answers("/", "X-User: u%d\r\n");
    before.forEach(
        (key, upstream) -> {
          if (!upstream.equals("u4")) {
            assertThat(after).containsEntry(key, upstream);
          }
        });
  }

  @Test
  void anEndpointThatRefusesIsPassedOverWithoutAnError() throws IOException {
    balance(ring(new HashKey.Header("x-user")), upstreams);
    Map<String, String> before = answers("/", "X-User: u%d\r\n");
    upstreams.get(4).close();
    Map<String, String> after = answers("/", "X-User: u%d\r\n");
    before.forEach(
        (key, upstream) ->
            assertThat(after.get(key))
                .isEqualTo(upstream.equals("u4") ? after.get(key) : upstream));
    assertThat(after.values()).doesNotContain("u4");
  }
}
