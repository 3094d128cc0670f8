package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.Match;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.Forward;
import io.fairlead.traffic.RouteAction.PathRewrite;
import io.fairlead.traffic.RouteAction.Redirect;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.RouteTable.VirtualHost;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which route a request takes, and what becomes of the request on it. */
@ExtendWith(LeakCheck.class)
class RoutingIT {
  private static final Front front = new Front();

  @AfterAll
  static void stop() {
    front.close();
  }

  @Test
  void hostPicksTheVirtualHost() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(
          upstream,
          host("exact", "shop.example"),
          host("wild", "*.example"),
          host("deep", "*.eu.example"),
          host("rest", "*"));
      assertThat(hostOf("GET", "shop.example", "/")).isEqualTo("exact");
      assertThat(hostOf("GET", "SHOP.Example:8080", "/")).isEqualTo("exact");
      assertThat(hostOf("GET", "a.example", "/")).isEqualTo("wild");
      assertThat(hostOf("GET", "a.b.example", "/")).isEqualTo("wild");
      assertThat(hostOf("GET", "a.eu.example", "/")).isEqualTo("deep");
      assertThat(hostOf("GET", "example", "/")).isEqualTo("rest");
      assertThat(hostOf("GET", "[::1]:80", "/")).isEqualTo("rest");
    }
  }

  private static VirtualHost host(String name, String domain) {
    return new VirtualHost(name, List.of(domain), List.of(direct(name, prefix("/"))));
  }

  @Test
  void unknownHostAndPathAreSaid() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(upstream, new VirtualHost("a", List.of("a"), List.of(direct("exact", exact("/only")))));
      assertThat(get("a", "/other"))
          .startsWith("HTTP/1.1 404")
          .contains("x-fairlead-reason: no-route", "path /other");
      assertThat(get("b", "/only")).contains("x-fairlead-reason: no-route", "host b");
      assertThat(get("a", "/only")).endsWith("exact");
    }
  }

  @Test
  void firstRouteThatMatchesWins() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(
          upstream,
          all(
              direct("exact", exact("/a/b")),
              direct(
                  "post",
                  new Match(
                      new PathMatch.Prefix("/a"), List.of("PUT", "POST"), List.of(), List.of())),
              direct("header", values(List.of(value("x-v", "2")), List.of())),
              direct("query", values(List.of(), List.of(value("v", "a b")))),
              direct("segment", prefix("/a")),
              direct("rest", prefix("/"))));
      assertThat(hostOf("GET", "h", "/a/b")).isEqualTo("exact");
      assertThat(hostOf("GET", "h", "/a/%62?x")).isEqualTo("exact");
      assertThat(hostOf("POST", "h", "/a/c")).isEqualTo("post");
      assertThat(hostOf("GET", "h", "/a/c")).isEqualTo("segment");
      assertThat(hostOf("GET", "h", "/a")).isEqualTo("segment");
      assertThat(hostOf("GET", "h", "/ab")).isEqualTo("rest");
      assertThat(hostOf("GET", "h", "/a/../b")).isEqualTo("rest");
      assertThat(hostOf("GET", "h", "/q?w=1&v=a+b")).isEqualTo("query");
      assertThat(hostOf("GET", "h\r\nX-V: 1\r\nx-v: 2", "/")).isEqualTo("header");
    }
  }

  @Test
  void patternsOfPathsAndValuesPickTheRoute() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(
          upstream,
          all(
              direct("template", Match.path(new PathMatch.Template("/users/{id}/orders"))),
              direct("regex", Match.path(new PathMatch.Regex("/v[0-9]+/.*"))),
              direct("contains", header("x-v", new StringMatch.Contains("beta"), Sense.MATCHES)),
              direct("absent", header("x-v", new StringMatch.Present(), Sense.DIFFERS)),
              direct("not", header("x-v", new StringMatch.Regex("[0-9]+"), Sense.DIFFERS)),
              direct("rest", prefix("/"))));
      assertThat(hostOf("GET", "h", "/users/7/orders?x")).isEqualTo("template");
      assertThat(hostOf("GET", "h", "/v12/a")).isEqualTo("regex");
      assertThat(hostOf("GET", "h\r\nX-V: 1beta2", "/users//orders")).isEqualTo("contains");
      assertThat(hostOf("GET", "h", "/v/a")).isEqualTo("absent");
      assertThat(hostOf("GET", "h\r\nX-V: 1a", "/")).isEqualTo("not");
      assertThat(hostOf("GET", "h\r\nX-V: 1", "/")).isEqualTo("rest");
      assertThat(hostOf("GET", "h\r\nX-V: a\r\nX-V: 1", "/")).isEqualTo("rest");
    }
  }

  private static Match header(String name, StringMatch value, Sense sense) {
    return values(List.of(new ValueMatch(name, value, sense)), List.of());
  }

  @Test
  void expressionThatMakesOthersBackTrackIsMatchedInLinearTime() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(upstream, all(direct("evil", Match.path(new PathMatch.Regex("/(a*)*(a*)*b")))));
      assertThat(get("h", "/" + "a".repeat(6_000))).contains("x-fairlead-reason: no-route");
      assertThat(hostOf("GET", "h", "/" + "a".repeat(6_000) + "b")).isEqualTo("evil");
    }
  }

  @Test
  void prefixOfAPatternCannotBeReplaced() {
    Route route =
        new Route(
            "pattern",
            Match.path(new PathMatch.Template("/users/{id}")),
            new Redirect(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(new PathRewrite.ReplacePrefix("/")),
                301),
            HeaderChanges.NONE,
            HeaderChanges.NONE,
            ResilienceSettings.none(),
            Optional.empty());
    var snapshot = Model.snapshot(Model.listener("front", "routes"), Model.table("routes", route));
    assertThat(front.plane().apply(snapshot).toString())
        .contains("route pattern: a prefix is replaced only where one is matched");
  }

  @Test
  void prefixIsReplaced() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(
          upstream,
          all(
              forward("strip", "/user-service", new PathRewrite.ReplacePrefix("/")),
              forward("swap", "/old", new PathRewrite.ReplacePrefix("/new/")),
              forward("full", "/full", new PathRewrite.ReplaceFull("/one"))));
      get("h", "/user-service/users/123?x=1");
      get("h", "/user-service");
      get("h", "/old/a");
      get("h", "/old");
      get("h", "/full/a?q");
      assertThat(upstream.heads().stream().map(head -> head.split(" ")[1]))
          .containsExactly("/users/123?x=1", "/", "/new/a", "/new", "/one?q");
    }
  }

  @Test
  void headersChangeBothWays() throws IOException {
    var request =
        new HeaderChanges(
            List.of(new HeaderChanges.Field("x-set", "1")),
            List.of(new HeaderChanges.Field("x-add", "2")),
            List.of("x-gone"));
    var response =
        new HeaderChanges(
            List.of(new HeaderChanges.Field("server", "fairlead")), List.of(), List.of("x-secret"));
    try (var upstream =
        RawUpstream.answering(
            "HTTP/1.1 200 OK\r\nServer: a\r\nX-Secret: s\r\nContent-Length: 2\r\n\r\nok")) {
      apply(
          upstream,
          all(
              new Route(
                  "r",
                  prefix("/"),
                  new Forward(
                      List.of(new WeightedCluster("backend", 1)),
                      Optional.empty(),
                      Optional.of("inner.example")),
                  request,
                  response,
                  ResilienceSettings.none(),
                  Optional.empty())));
      assertThat(get("h\r\nX-Set: a\r\nX-Set: b\r\nX-Gone: c\r\nX-Add: d", "/"))
          .isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nserver: fairlead\r\n\r\nok");
      assertThat(upstream.heads())
          .containsExactly(
              "GET / HTTP/1.1\r\nX-Add: d\r\nx-set: 1\r\nx-add: 2\r\nhost: inner.example\r\n\r\n");
    }
  }

  @Test
  void redirectIsMadeOfTheRequest() throws IOException {
    try (var upstream = RawUpstream.ok("ok")) {
      apply(
          upstream,
          all(
              redirect("/tls", Optional.of("https"), Optional.empty(), Optional.empty()),
              redirect("/host", Optional.empty(), Optional.of("new.example"), Optional.empty()),
              redirect(
                  "/path",
                  Optional.empty(),
                  Optional.empty(),
                  Optional.of(new PathRewrite.ReplacePrefix("/moved")))));
      assertThat(get("h:8080", "/tls/a?b"))
          .startsWith("HTTP/1.1 301 Moved Permanently")
          .contains("location: https://h/tls/a?b\r\n", "x-fairlead-reason: redirect");
      assertThat(get("h:8080", "/host")).contains("location: http://new.example:8080/host\r\n");
      assertThat(get("h", "/path/a")).contains("location: http://h/moved/a\r\n");
    }
  }

  private static Route redirect(
      String path, Optional<String> scheme, Optional<String> host, Optional<PathRewrite> rewrite) {
    return Model.route(
        path.substring(1), path, new Redirect(scheme, host, Optional.empty(), rewrite, 301));
  }

  @Test
  void weightsShareTheRequests() throws IOException {
    try (var v1 = RawUpstream.ok("v1");
        var v2 = RawUpstream.ok("v2")) {
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes"),
              Model.table(
                  "routes",
                  Model.route(
                      "split",
                      "/",
                      new Forward(
                          List.of(
                              new WeightedCluster("one", 90),
                              new WeightedCluster("two", 10),
                              new WeightedCluster("none", 0)),
                          Optional.empty(),
                          Optional.empty()))),
              Model.cluster("one", ResilienceSettings.none(), v1.address()),
              Model.cluster("two", ResilienceSettings.none(), v2.address()),
              Model.cluster("none", ResilienceSettings.none())));
      int second = 0;
      try (var client = front.client()) {
        for (int i = 0; i < 2_000; i++) {
          client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
          second += client.readMessage().endsWith("v2") ? 1 : 0;
        }
      }
      // 200 expected; six standard deviations are 80.
      assertThat(second).isBetween(120, 280);
    }
  }

  @Test
  void requestsAreSpreadOverTheEndpoints() throws IOException {
    try (var a = RawUpstream.ok("a");
        var b = RawUpstream.ok("b");
        var c = RawUpstream.ok("c")) {
      front.sendTo(a.address(), b.address(), c.address());
      try (var client = front.client()) {
        for (int i = 0; i < 300; i++) {
          client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        }
      }
      for (RawUpstream upstream : List.of(a, b, c)) {
        assertThat(upstream.heads().size()).isBetween(50, 150);
      }
    }
  }

  private static void apply(RawUpstream upstream, VirtualHost... hosts) {
    front.apply(
        new Snapshot(
            List.of(Model.listener("front", "routes")),
            List.of(new RouteTable("routes", List.of(hosts))),
            List.of(Model.cluster("backend", ResilienceSettings.none(), upstream.address())),
            List.of(),
            List.of()));
  }

  private static VirtualHost all(Route... routes) {
    return new VirtualHost("all", List.of("*"), List.of(routes));
  }

  private static Route direct(String name, Match match) {
    return new Route(
        name,
        match,
        new RouteAction.DirectResponse(200, name),
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        ResilienceSettings.none(),
        Optional.empty());
  }

  private static Route forward(String name, String prefix, PathRewrite rewrite) {
    return Model.route(
        name,
        prefix,
        new Forward(
            List.of(new WeightedCluster("backend", 1)), Optional.of(rewrite), Optional.empty()));
  }

  private static Match prefix(String prefix) {
    return Match.path(new PathMatch.Prefix(prefix));
  }

  private static Match exact(String path) {
    return Match.path(new PathMatch.Exact(path));
  }

  private static Match values(List<ValueMatch> headers, List<ValueMatch> query) {
    return new Match(new PathMatch.Prefix("/"), List.of(), new ArrayList<>(headers), query);
  }

  private static ValueMatch value(String name, String value) {
    return new ValueMatch(name, new StringMatch.Exact(value));
  }

  private static String get(String host, String path) throws IOException {
    return exchange("GET", host, path);
  }

  private static String exchange(String method, String host, String path) throws IOException {
    try (var client = front.client()) {
      client.send(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      return client.readMessage();
    }
  }

  /** The body of the answer, which names the route. */
  private static String hostOf(String method, String host, String path) throws IOException {
    String answer = exchange(method, host, path);
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }
}
