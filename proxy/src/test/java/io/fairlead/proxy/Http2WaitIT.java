package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteFilters.FaultInjection;
import io.fairlead.traffic.RouteFilters.Limits;
import io.fairlead.traffic.RouteFilters.Mirror;
import io.fairlead.traffic.Share;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Requests of one HTTP/2 connection that wait at the same time, are copied and are bounded. */
@ExtendWith(LeakCheck.class)
class Http2WaitIT {
  private static final int STREAMS = 5;
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private RawHttp2 client(RawUpstream upstream, RawUpstream other) throws IOException {
    var judge =
        new ExternalAuthorization(
            "other",
            new ExternalAuthorization.Service.Http("/check", List.of(), List.of()),
            Duration.ofSeconds(5),
            ExternalAuthorization.FailureMode.REFUSE,
            ExternalAuthorization.FORBIDDEN,
            Optional.empty(),
            List.of("x-number"));
    var delay = new FaultInjection.Delay(Duration.ofMillis(30), Share.ALL);
    var filters =
        new RouteFilters(
            List.of(new Mirror("other", Share.ALL)),
            Optional.of(new FaultInjection(Optional.of(delay), Optional.empty(), List.of())),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new Limits(OptionalLong.of(100), Optional.empty(), Optional.empty()),
            new TreeSet<>());
    Route route = Model.route(ResilienceSettings.none(), filters);
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes", judge),
            Model.table("routes", route),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address()),
            Model.cluster("other", ResilienceSettings.none(), other.address())));
    return RawHttp2.client(front.client());
  }

  /** Answers with the number that the request carries. */
  private static RawUpstream numbering() throws IOException {
    return new RawUpstream(
        connection -> {
          for (String m = connection.readMessage(); !m.isEmpty(); m = connection.readMessage()) {
            int at = m.indexOf("x-number: ") + "x-number: ".length();
            connection.send(RawUpstream.okAnswer(m.substring(at, at + 1)));
          }
        });
  }

  @Test
  void eachGoesOnAsItself() throws Exception {
    try (var upstream = numbering();
        var other = RawUpstream.ok("")) {
      RawHttp2 client = client(upstream, other);
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        int stream = 2 * i + 1;
        client.headers(stream, RawHttp2.request("POST", "/" + i, "x-number=" + i));
        expected.add("DATA " + stream + " end " + i);
      }
      for (int i = 0; i < STREAMS; i++) {
        client.data(2 * i + 1, "hello").lastData(2 * i + 1, " world");
      }
      List<String> bodies = new ArrayList<>();
      while (bodies.size() < STREAMS) {
        String frame = client.read();
        if (frame.startsWith("DATA")) {
          bodies.add(frame);
        } else {
          assertThat(frame).contains(":status=200");
        }
      }
      assertThat(bodies).containsExactlyInAnyOrderElementsOf(expected);
      await().until(() -> other.heads().size() == 2 * STREAMS);
      assertThat(other.heads().stream().filter(head -> head.startsWith("POST /check/")))
          .hasSize(STREAMS);
      client.socket().close();
    }
  }

  @Test
  void bodyThatIsTooLargeEndsItsStreamAlone() throws Exception {
    try (var upstream = numbering();
        var other = RawUpstream.ok("")) {
      RawHttp2 client = client(upstream, other);
      client.headers(1, RawHttp2.request("POST", "/", "x-number=1"));
      client.lastData(1, "x".repeat(200));
      assertThat(client.read()).contains("HEADERS 1 :status=413");
      assertThat(client.read()).startsWith("DATA 1 end");
      client.get(3, "/", "x-number=3");
      assertThat(client.read()).startsWith("HEADERS 3 :status=200");
      assertThat(client.read()).isEqualTo("DATA 3 end 3");
      client.socket().close();
    }
  }

  @Test
  void streamsThatAreResetWhileTheyWaitLeaveNothingBehind() throws Exception {
    try (var upstream = numbering();
        var other = new RawUpstream(connection -> connection.readToEnd())) {
      RawHttp2 client = client(upstream, other);
      client.get(1, "/", "x-number=1").get(3, "/", "x-number=3");
      await().until(() -> other.accepted() == 2);
      client.socket().reset();
      assertThat(upstream.heads()).isEmpty();
    }
  }
}
