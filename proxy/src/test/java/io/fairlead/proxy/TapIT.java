package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ApiKeys;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Requests shown on the admin port as they pass. */
@ExtendWith(LeakCheck.class)
class TapIT {
  private final Front front = new Front();
  private final List<RawSocket> taps = new ArrayList<>();

  @AfterEach
  void stop() throws IOException {
    for (RawSocket tap : taps) {
      tap.close();
    }
    front.close();
  }

  private RawSocket ask(String method, String query) throws IOException {
    var admin = RawSocket.connect(front.plane().adminAddress());
    taps.add(admin);
    return admin.send(
        method + " /tap?" + query + " HTTP/1.1\r\nHost: admin\r\nContent-Length: 0\r\n\r\n");
  }

  /** A tap that has begun. */
  private RawSocket tap(String query) throws IOException {
    var admin = ask("POST", query);
    assertThat(admin.readHead())
        .startsWith("HTTP/1.1 200")
        .contains("content-type: application/x-ndjson", "transfer-encoding: chunked");
    return admin;
  }

  private static String shown(RawSocket tap) throws IOException {
    return tap.readToEnd();
  }

  private void serve(RawUpstream upstream) {
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("shop", "/shop", RouteAction.Forward.to("shop"))),
            Model.cluster("shop", ResilienceSettings.none(), upstream.address())));
  }

  private static String get(String target, String... fields) {
    return "GET "
        + target
        + " HTTP/1.1\r\nHost: h\r\n"
        + (fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n")
        + "\r\n";
  }

  @Test
  void requestIsShownWithItsAnswerAndItsWay() throws IOException {
    try (var upstream =
        RawUpstream.answering(
            "HTTP/1.1 201 Created\r\nX-A: b\r\nSet-Cookie: id=1\r\nContent-Length: 2\r\n\r\nok")) {
      serve(upstream);
      var tap = tap("count=1");
      try (var client = front.client()) {
        client
            .send(
                get(
                    "/shop/1?q=a&access_token=geheim&b=c",
                    "Authorization: Bearer geheim",
                    "X-Session-Token: geheim",
                    "X-Api-Key: geheim",
                    "Cookie: a=geheim",
                    "X-Forwarded-Access: eyJhbGciOiJub25lIn0.geheim",
                    "X-Other: basic geheim",
                    "X-Plain: a\"b"))
            .readMessage();
        client.send(get("/shop/2")).readMessage();
      }
      assertThat(shown(tap))
          .contains(
              "\"listener\":\"front\",\"request\":{\"method\":\"GET\","
                  + "\"target\":\"/shop/1?q=a&access_token=(masked)&b=c\"",
              "[\"authorization\",\"(masked)\"],[\"x-session-token\",\"(masked)\"],"
                  + "[\"x-api-key\",\"(masked)\"],[\"cookie\",\"(masked)\"],"
                  + "[\"x-forwarded-access\",\"(masked)\"],[\"x-other\",\"(masked)\"],"
                  + "[\"x-plain\",\"a\\\"b\"]",
              "\"response\":{\"status\":201,\"headers\":[[\"x-a\",\"b\"],"
                  + "[\"set-cookie\",\"(masked)\"]",
              "\"flags\":\"-\",\"details\":\"via_upstream\"",
              "\"bytesSent\":2,\"route\":\"shop\",\"service\":\"shop\",\"attempts\":1,"
                  + "\"endpoint\":\"shop-0\",\"address\":\""
                  + upstream.address()
                  + "\"")
          .doesNotContain("geheim", "/shop/2")
          .endsWith("\r\n0\r\n\r\n");
    }
  }

  @Test
  void keysOfARouteAreMaskedByTheNameThatItGivesThem() throws IOException {
    String hash = "ab".repeat(32);
    var keys = new ApiKeys("x-partner", List.of(new ApiKeys.HashedKey("alice", hash)));
    var guarded =
        new Route(
            "shop",
            Route.Match.path(new Route.PathMatch.Prefix("/")),
            RouteAction.Forward.to("shop"),
            HeaderChanges.NONE,
            HeaderChanges.NONE,
            ResilienceSettings.none(),
            Optional.of(keys));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", guarded),
            Model.cluster("shop", ResilienceSettings.none(), Model.ANY_PORT)));
    var tap = tap("");
    try (var client = front.client()) {
      client.send(get("/", "X-Partner: geheim")).readMessage();
    }
    assertThat(shown(tap))
        .contains("[\"x-partner\",\"(masked)\"]", "\"status\":401,\"reason\":\"unauthorized\"")
        .doesNotContain("geheim");
  }

  @Test
  void secretsAreShownToWhoAsksForThem() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      serve(upstream);
      var tap = tap("secrets=shown");
      try (var client = front.client()) {
        client.send(get("/shop?token=a", "Authorization: Bearer b")).readMessage();
      }
      assertThat(shown(tap)).contains("/shop?token=a", "[\"authorization\",\"Bearer b\"]");
    }
  }

  @Test
  void onlyWhatMatchesIsShown() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      serve(upstream);
      var byPath = tap("path=/shop/b");
      var byHeader = tap("header=X-Who:me");
      var byStatus = tap("status=4xx");
      var byService = tap("service=shop&count=2");
      assertThat(ask("POST", "count=1").readMessage()).startsWith("HTTP/1.1 409");
      try (var client = front.client()) {
        client.send(get("/shop/a", "x-who: you")).readMessage();
        client.send(get("/shop/b", "x-who: me")).readMessage();
        client.send(get("/nowhere")).readMessage();
      }
      assertThat(shown(byPath)).contains("/shop/b").doesNotContain("/shop/a");
      assertThat(shown(byHeader)).contains("/shop/b").doesNotContain("/shop/a");
      assertThat(shown(byStatus))
          .contains("\"status\":404,\"reason\":\"no-route\"", "\"flags\":\"NR\"")
          .doesNotContain("/shop");
      assertThat(shown(byService)).contains("/shop/a", "/shop/b").doesNotContain("/nowhere");
    }
  }

  @Test
  void whoeverGoesMakesRoom() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      serve(upstream);
      for (int i = 0; i < 4; i++) {
        tap("count=5");
      }
      taps.getFirst().close();
      Awaitility.await()
          .until(() -> ask("POST", "seconds=1").readHead().startsWith("HTTP/1.1 200"));
    }
  }

  @Test
  void itEndsWithItsTime() throws IOException {
    assertThat(shown(tap("seconds=1"))).isEqualTo("0\r\n\r\n");
  }

  @Test
  void wrongWishesAreAnsweredWithTheirRule() throws IOException {
    assertThat(ask("POST", "count=0").readMessage())
        .startsWith("HTTP/1.1 400")
        .contains("count: must be 1 to 1000, was 0");
    assertThat(ask("POST", "status=900").readMessage()).contains("status: must be as 503 or 5xx");
    assertThat(ask("POST", "secrets=no").readMessage()).contains("secrets: must be masked or");
    assertThat(ask("POST", "hedaer=a").readMessage()).contains("hedaer: is no parameter");
    assertThat(ask("POST", "header=a%20b").readMessage()).contains("header: must be NAME");
    assertThat(ask("GET", "").readMessage()).startsWith("HTTP/1.1 405");
  }
}
