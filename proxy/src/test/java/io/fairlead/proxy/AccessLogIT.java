package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFormat;
import io.fairlead.config.LogFormat.Member;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.StringMatch;
import io.fairlead.traffic.TcpRoute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The access logs of real requests and connections. */
@ExtendWith(LeakCheck.class)
class AccessLogIT {
  private static final ResilienceSettings NONE = ResilienceSettings.none();

  private final Front front = new Front();

  @TempDir Path folder;

  @AfterEach
  void stop() {
    front.close();
  }

  private Path path() {
    return folder.resolve("access.log");
  }

  private List<AccessLog> log(String template, LogFilter filter) {
    return List.of(new AccessLog(path().toString(), new LogFormat.Text(template), filter));
  }

  private static Snapshot logged(Snapshot snapshot, List<AccessLog> logs) {
    return new Snapshot(
        List.of(snapshot.listeners().getFirst().withAccessLogs(logs)),
        snapshot.routeTables(),
        snapshot.clusters(),
        snapshot.endpoints(),
        snapshot.secrets());
  }

  private void serve(List<AccessLog> logs, RawUpstream... upstreams) {
    var addresses = List.of(upstreams).stream().map(RawUpstream::address).toList();
    front.apply(logged(Model.plain(NONE, addresses.toArray(HostPort[]::new)), logs));
  }

  private List<String> lines(int count) throws IOException {
    Awaitility.await()
        .until(() -> Files.exists(path()) && Files.readAllLines(path()).size() >= count);
    var lines = Files.readAllLines(path());
    assertThat(lines).hasSize(count);
    return lines;
  }

  @Test
  void lineHasWhatItsTemplateAsksFor() throws IOException {
    var template =
        "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL% %RESPONSE_CODE%"
            + " %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT%"
            + " %UPSTREAM_HOST% %UPSTREAM_CLUSTER% %ROUTE_NAME% %REQ(:AUTHORITY)%"
            + " %REQ(x-long):4% %RESP(x-from)% %UPSTREAM_REQUEST_ATTEMPT_COUNT%"
            + " %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %REQUESTED_SERVER_NAME% %HOSTNAME%"
            + " %TRACE_ID% 100%%";
    try (var upstream =
        RawUpstream.answering(
            "HTTP/1.1 201 Created\r\nX-From: me\r\nContent-Length: 5\r\n\r\nhello")) {
      serve(log(template, LogFilter.ALL), upstream);
      try (var client = front.client()) {
        client
            .send(
                "POST /a/../b?q=1 HTTP/1.1\r\nHost: shop\r\nX-Long: abcdefg\r\n"
                    + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n"
                    + "Content-Length: 3\r\n\r\nabc")
            .readMessage();
      }
      assertThat(lines(1))
          .containsExactly(
              "POST /b?q=1 HTTP/1.1 201 - via_upstream 3 5 "
                  + upstream.address()
                  + " backend all shop abcd me 1 127.0.0.1 - test"
                  + " 0af7651916cd43dd8448eb211c80319c 100%");
    }
  }

  @Test
  void defaultLinesAreThoseOfIstio() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      var json = folder.resolve("json.log");
      serve(
          List.of(
              new AccessLog(path().toString(), LogFormat.ISTIO, LogFilter.ALL),
              new AccessLog(json.toString(), LogFormat.ISTIO_JSON, LogFilter.ALL)),
          upstream);
      try (var client = front.client()) {
        client.send("GET /x HTTP/1.1\r\nHost: h\r\nUser-Agent: a\"\\\u00e9\r\n\r\n").readMessage();
      }
      var id = upstream.wholeHeads().getFirst().replaceAll("(?s).*x-request-id: (\\S+).*", "$1");
      assertThat(lines(1).getFirst())
          .matches("\\[\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z] .*")
          .contains(
              "\"GET /x HTTP/1.1\" 200 - via_upstream - \"-\" 0 5 ",
              "\"-\" \"a\\x22\\x5c\\xe9\" \""
                  + id
                  + "\" \"h\" \""
                  + upstream.address()
                  + "\""
                  + " backend - "
                  + front.address()
                  + " 127.0.0.1:")
          .endsWith(" - all");
      Awaitility.await().until(() -> Files.readAllLines(json).size() == 1);
      assertThat(Files.readString(json))
          .contains(
              "\"method\":\"GET\",\"path\":\"/x\",\"protocol\":\"HTTP/1.1\",\"response_code\":200,"
                  + "\"response_flags\":\"-\"",
              "\"connection_termination_details\":null",
              "\"user_agent\":\"a\\\"\\\\\\ufffd\"",
              "\"request_id\":\"" + id + "\"",
              "\"attempts\":1");
    }
  }

  @Test
  void streamsOfHttp2GetLinesOfTheirOwn() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      serve(
          log("%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %PROTOCOL%", LogFilter.ALL), upstream);
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/a?b=c");
        client.read();
        client.read();
        client.get(3, "/d");
        client.read();
        client.read();
      }
      assertThat(lines(2))
          .containsExactly("GET /a?b=c test.example HTTP/2", "GET /d test.example HTTP/2");
    }
  }

  @Test
  void whatTheProxyAnswersItselfIsLoggedWithItsFlags() throws IOException {
    var template = "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";
    try (var upstream = RawUpstream.answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")) {
      var retried = NONE.withRetry(RetrySettings.defaults());
      front.apply(
          logged(
              Model.snapshot(
                  Model.listener("front", "routes"),
                  Model.table(
                      "routes",
                      Model.route("dead", "/dead", RouteAction.Forward.to("dead")),
                      Model.route("none", "/none", RouteAction.Forward.to("none")),
                      Model.route("retried", "/bad", RouteAction.Forward.to("bad"))),
                  Model.cluster("dead", NONE, deadAddress()),
                  Model.cluster("none", NONE),
                  Model.cluster("bad", retried, upstream.address())),
              log(template, LogFilter.ALL)));
      upstream.script(connection -> connection.readMessage());
      try (var client = front.client()) {
        for (var path : List.of("/dead", "/none", "/nowhere", "/bad")) {
          client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        }
      }
      assertThat(lines(4))
          .containsExactly(
              "/dead 503 UF upstream_reset_before_response_started{remote_connection_failure}",
              "/none 503 UH no_healthy_upstream",
              "/nowhere 404 NR route_not_found",
              "/bad 502 URX,UC upstream_reset_before_response_started{connection_termination}");
    }
  }

  private static HostPort deadAddress() throws IOException {
    try (var once = RawUpstream.ok("")) {
      return once.address();
    }
  }

  @Test
  void clientThatGoesIsLogged() throws IOException {
    CountDownLatch arrived = new CountDownLatch(1);
    try (var upstream =
        new RawUpstream(
            connection -> {
              connection.readHead();
              arrived.countDown();
              connection.readHead();
            })) {
      serve(
          log("%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%", LogFilter.ALL), upstream);
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        awaitLatch(arrived);
        client.reset();
      }
      assertThat(lines(1)).containsExactly("0 DC downstream_remote_disconnect");
    }
  }

  @Test
  void filterPicksWhatFailed() throws IOException {
    var onlyErrors = new LogFilter(Optional.of(404), LogFilter.Errors.ALWAYS, Optional.empty(), 0);
    var onlySlow =
        new LogFilter(
            Optional.empty(), LogFilter.Errors.AS_THE_REST, Optional.of(Duration.ofMinutes(1)), 0);
    var format = new LogFormat.Text("%REQ(:PATH)% %RESPONSE_CODE%");
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(
          logged(
              Model.snapshot(
                  Model.listener("front", "routes"),
                  Model.table(
                      "routes", Model.route("good", "/good", RouteAction.Forward.to("backend"))),
                  Model.cluster("backend", NONE, upstream.address())),
              List.of(
                  new AccessLog(path().toString(), format, onlyErrors),
                  new AccessLog(path().toString(), format, onlySlow))));
      try (var client = front.client()) {
        client.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        client.send("GET /bad HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
      }
      assertThat(lines(1)).containsExactly("/bad 404");
    }
  }

  @Test
  void connectionThatIsPassedOnGetsOneLineAtItsEnd() throws IOException {
    var template =
        "%PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_HOST%"
            + " %UPSTREAM_CLUSTER% %ROUTE_NAME% %REQ(:PATH)%";
    try (var upstream =
        new RawUpstream(
            connection -> {
              assertThat(connection.read(4)).isEqualTo("ping");
              connection.send("pong!");
            })) {
      var tcp = new TcpRoute("stream", List.of(), List.of(new WeightedCluster("backend", 1)));
      var listener = TcpProxyIT.listener(Optional.empty(), TcpProxyIT.intake(tcp));
      front.apply(
          new Snapshot(
              List.of(listener.withAccessLogs(log(template, LogFilter.ALL))),
              List.of(),
              List.of(Model.cluster("backend", NONE, upstream.address())),
              List.of(),
              List.of()));
      try (var client = front.client()) {
        assertThat(client.send("ping").readToEnd()).isEqualTo("pong!");
      }
      assertThat(lines(1))
          .containsExactly("- 200 - 4 5 " + upstream.address() + " backend stream -");
    }
  }

  @Test
  void membersOfJsonMayBeMixedTexts() throws IOException {
    var format =
        new LogFormat.Json(
            List.of(
                new Member("who \"is\" it", "%REQ(:METHOD)% by %REQ(user-agent)%"),
                new Member("cluster", "%UPSTREAM_CLUSTER%"),
                new Member("none", "%RESP(x-none)%")));
    try (var upstream = RawUpstream.ok("hello")) {
      serve(List.of(new AccessLog(path().toString(), format, LogFilter.ALL)), upstream);
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
      }
      assertThat(lines(1))
          .containsExactly(
              "{\"who \\\"is\\\" it\":\"GET by -\",\"cluster\":\"backend\",\"none\":null}");
    }
  }

  @Test
  void lastLinesAreWrittenWhenTheDataPlaneEnds() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      serve(log("%RESPONSE_CODE%", LogFilter.ALL), upstream);
      try (var client = front.client()) {
        for (int i = 0; i < 100; i++) {
          client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
        }
      }
      front.close();
      assertThat(Files.readAllLines(path())).hasSize(100).containsOnly("200");
    }
  }

  @Test
  void headThatIsNoRequestGetsALineToo() throws IOException {
    front.apply(
        logged(
            Model.plain(NONE, Model.ANY_PORT),
            log(
                "%REQ(:METHOD)% %PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_SENT%",
                LogFilter.ALL)));
    String answer;
    try (var client = front.client()) {
      answer = client.send("GET / HTTP/1.1\r\nHost: h\r\nA\u001b: b\r\n\r\n").readMessage();
    }
    int sent = answer.length() - answer.indexOf("\r\n\r\n") - 4;
    assertThat(lines(1)).containsExactly("- HTTP/1.1 400 DPE " + sent);
  }

  @Test
  void whatTlsTellsOfTheClientIsLogged() throws IOException {
    var template =
        "%REQUESTED_SERVER_NAME% %DOWNSTREAM_PEER_URI_SAN% %RESP(x-envoy-upstream-service-time)%";
    try (var caller = new Front();
        var upstream =
            RawUpstream.answering(
                "HTTP/1.1 200 OK\r\nX-Envoy-Upstream-Service-Time: 7\r\n"
                    + "Content-Length: 0\r\n\r\n")) {
      front.apply(logged(TlsFront.inbound(upstream), log(template, LogFilter.ALL)));
      var server = TlsFront.toBackend(new StringMatch.Exact(TlsFront.ME)).server();
      caller.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
              TlsFront.cluster(
                  Optional.of(new ClientTls("own", server, "bank.test")), front.address()),
              List.of(
                  TlsFront.CLIENT.secret("own"), TlsFront.MESH_CA.roots("roots", TlsFront.MESH))));
      try (var client = caller.client()) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage();
      }
      assertThat(lines(1)).containsExactly("bank.test " + TlsFront.CALLER + " 7");
    }
  }
}
