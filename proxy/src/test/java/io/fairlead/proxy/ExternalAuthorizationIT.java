package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.CheckedBody;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.FailureMode;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.Service;
import io.fairlead.traffic.RouteAction;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A service that is asked about each request, and what becomes of its answers. */
@ExtendWith(LeakCheck.class)
class ExternalAuthorizationIT {
  private static final String POST =
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nAuthorization: Basic x\r\nX-Team: red\r\n"
          + "X-User: bob\r\nContent-Length: 5\r\n\r\nhello";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private Optional<CheckedBody> body = Optional.empty();

  private RawSocket client(RawUpstream upstream, RawUpstream judge, FailureMode mode)
      throws IOException {
    var filter =
        new ExternalAuthorization(
            "judge",
            new Service.Http("/check", List.of("x-user"), List.of("x-why", "www-authenticate")),
            Duration.ofMillis(300),
            mode,
            ExternalAuthorization.FORBIDDEN,
            body,
            List.of("x-team"));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes", filter),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address()),
            Model.cluster("judge", ResilienceSettings.none(), judge.address())));
    return front.client();
  }

  @Test
  void consentLetsTheRequestPassWithWhatItAdds() throws IOException {
    try (var judge =
            RawUpstream.answering(
                "HTTP/1.1 200 OK\r\nX-User: ann\r\nX-Other: o\r\nContent-Length: 2\r\n\r\nok");
        var upstream = RawUpstream.ok("real");
        var client = client(upstream, judge, FailureMode.REFUSE)) {
      client.send(POST + POST);
      assertThat(client.readMessage()).endsWith("real");
      assertThat(client.readMessage()).endsWith("real");
      assertThat(judge.heads())
          .hasSize(2)
          .contains(
              "POST /check/a?b=c HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n"
                  + "authorization: Basic x\r\nx-team: red\r\n\r\n");
      assertThat(judge.accepted()).as("connections are kept").isEqualTo(1);
      assertThat(upstream.heads())
          .hasSize(2)
          .allSatisfy(
              head ->
                  assertThat(head)
                      .contains("x-user: ann\r\n", "X-Team: red\r\n")
                      .doesNotContain("bob", "X-Other"));
    }
  }

  @Test
  void refusalGoesToTheClient() throws IOException {
    try (var judge =
            RawUpstream.answering(
                "HTTP/1.1 401 No\r\nX-Why: because\r\nSet-Cookie: c\r\n"
                    + "WWW-Authenticate: Basic\r\nContent-Type: text/html\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n4\r\ngo a\r\n3\r\nway\r\n0\r\n\r\n");
        var upstream = RawUpstream.ok("real");
        var client = client(upstream, judge, FailureMode.ALLOW)) {
      assertThat(client.send(POST).readMessage())
          .startsWith("HTTP/1.1 401 Unauthorized")
          .contains(
              "x-why: because\r\n",
              "www-authenticate: Basic\r\n",
              "content-type: text/html\r\n",
              "x-fairlead-reason: forbidden")
          .doesNotContainIgnoringCase("set-cookie")
          .endsWith("go away");
      assertThat(client.send(POST).readMessage()).startsWith("HTTP/1.1 401");
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void withoutAnAnswerTheConfigurationDecides() throws IOException {
    try (var broken = RawUpstream.answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
        var slow = new RawUpstream(connection -> connection.readToEnd());
        var gone = RawUpstream.ok("");
        var upstream = RawUpstream.ok("real")) {
      gone.close();
      for (RawUpstream judge : List.of(broken, slow, gone)) {
        try (var client = client(upstream, judge, FailureMode.REFUSE)) {
          assertThat(client.send(POST).readMessage())
              .startsWith("HTTP/1.1 403")
              .contains("judge is silent");
        }
        try (var client = client(upstream, judge, FailureMode.ALLOW)) {
          assertThat(client.send(POST).readMessage()).endsWith("real");
        }
      }
      assertThat(upstream.heads())
          .hasSize(3)
          .allSatisfy(head -> assertThat(head).as("nobody vouches for it").doesNotContain("bob"));
    }
  }

  /** In one piece and octet by octet, with a length and in chunks. */
  @Test
  void aPartOfTheBodyIsToldOnceItHasCome() throws IOException {
    body = Optional.of(new CheckedBody(8, CheckedBody.Longer.CUT));
    String chunked =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nhel\r\n8\r\nlo world\r\n0\r\n\r\n";
    String expecting =
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    List<String> told = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (var judge =
            new RawUpstream(
                connection -> {
                  for (String question = connection.readMessage();
                      !question.isEmpty();
                      question = connection.readMessage()) {
                    String partial =
                        question.replaceAll("(?s).*x-envoy-auth-partial-body: (\\w+).*", "$1");
                    told.add(partial + question.substring(question.indexOf("\r\n\r\n") + 3));
                    connection.send(RawUpstream.okAnswer(""));
                  }
                });
        var upstream = RawUpstream.ok("real");
        var client = client(upstream, judge, FailureMode.REFUSE)) {
      client.send(POST + chunked);
      assertThat(client.readMessage()).endsWith("real");
      assertThat(client.readMessage()).endsWith("real");
      for (int i = 0; i < POST.length(); i++) {
        client.send(POST.substring(i, i + 1));
      }
      assertThat(client.readMessage()).endsWith("real");
      assertThat(client.send(expecting).readMessage()).startsWith("HTTP/1.1 100");
      assertThat(client.send("hello").readMessage()).endsWith("real");
      assertThat(told)
          .containsExactly("false\nhello", "true\nhello wo", "false\nhello", "false\nhello");
      assertThat(upstream.heads()).hasSize(4);
    }
  }

  /** By both versions of HTTP; what is told is a part, what arrives is whole. */
  @Test
  void aLongBodyIsToldInPartAndArrivesWhole() throws Exception {
    body = Optional.of(new CheckedBody(131_072, CheckedBody.Longer.CUT));
    String octets = "0123456789abcdef".repeat(25_000);
    List<Integer> told = new java.util.concurrent.CopyOnWriteArrayList<>();
    List<Integer> arrived = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (var judge = new RawUpstream(connection -> measure(connection, told));
        var upstream = new RawUpstream(connection -> measure(connection, arrived));
        var client = client(upstream, judge, FailureMode.REFUSE);
        var http2 = RawHttp2.client(front.client())) {
      String head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + octets.length();
      assertThat(client.send(head + "\r\n\r\n" + octets).readMessage()).startsWith("HTTP/1.1 200");
      http2.headers(1, RawHttp2.request("POST", "/", "content-length=160000"));
      for (int i = 0; i < 10; i++) {
        String part = octets.substring(i * 16_000, (i + 1) * 16_000);
        if (i < 9) {
          http2.data(1, part);
        } else {
          http2.lastData(1, part);
        }
      }
      assertThat(http2.read()).contains(":status=200");
      assertThat(told).containsExactly(131_072, 131_072);
      assertThat(arrived).containsExactly(400_000, 160_000);
    }
  }

  /** Answers each request once its body is there, and notes down how long that is. */
  private static void measure(RawSocket connection, List<Integer> lengths) throws IOException {
    for (String message = connection.readMessage();
        !message.isEmpty();
        message = connection.readMessage()) {
      lengths.add(message.length() - message.indexOf("\r\n\r\n") - 4);
      connection.send(RawUpstream.okAnswer(""));
    }
  }

  @Test
  void aBodyThatIsTooLongIsRefusedIfNoPartMayBeTold() throws IOException {
    body = Optional.of(new CheckedBody(4, CheckedBody.Longer.REFUSED));
    try (var judge = RawUpstream.ok("");
        var upstream = RawUpstream.ok("real");
        var client = client(upstream, judge, FailureMode.ALLOW)) {
      assertThat(client.send(POST).readMessage())
          .startsWith("HTTP/1.1 413")
          .contains("x-fairlead-reason: body-too-large");
      assertThat(judge.heads()).isEmpty();
    }
  }

  @Test
  void clientThatGoesEndsItsQuestion() throws IOException {
    try (var slow = new RawUpstream(connection -> connection.readToEnd());
        var upstream = RawUpstream.ok("real")) {
      try (var client = client(upstream, slow, FailureMode.ALLOW)) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await().until(() -> slow.accepted() == 1);
        client.reset();
      }
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void clusterThatIsNotThereIsAFault() {
    var filter =
        new ExternalAuthorization(
            "nobody",
            new Service.Http("", List.of(), List.of()),
            Duration.ofSeconds(1),
            FailureMode.REFUSE,
            ExternalAuthorization.FORBIDDEN,
            Optional.empty(),
            List.of());
    var snapshot =
        Model.snapshot(
            Model.listener("front", "routes", filter),
            Model.table(
                "routes", Model.route("all", "/", new RouteAction.DirectResponse(200, ""))));
    assertThat(front.plane().apply(snapshot).toString())
        .contains("listener front: cluster nobody does not exist");
  }
}
