package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteFilters.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How much a client may send and how slowly, and how long an upstream may think. */
@ExtendWith(LeakCheck.class)
class BodyLimitsIT {
  private static final String POST = "POST / HTTP/1.1\r\nHost: h\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private RawSocket client(RawUpstream upstream, Limits limits) throws IOException {
    RouteFilters none = RouteFilters.NONE;
    Route route =
        Model.route(
            ResilienceSettings.none(),
            new RouteFilters(
                List.of(),
                none.fault(),
                none.cors(),
                none.perTry(),
                none.hedge(),
                limits,
                none.retryCodes()));
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", route),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
    return front.client();
  }

  private static Limits atMost(long bytes) {
    return new Limits(OptionalLong.of(bytes), Optional.empty(), Optional.empty());
  }

  private static Limits atLeast(int bytesPerSecond, Duration window) {
    return new Limits(
        OptionalLong.empty(),
        Optional.of(new Limits.BodyRate(bytesPerSecond, window)),
        Optional.empty());
  }

  @Test
  void bodyThatAnnouncesTooMuchGoesNowhere() throws IOException {
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, atMost(5))) {
      assertThat(client.send(POST + "Content-Length: 5\r\n\r\nhello").readMessage()).endsWith("ok");
      assertThat(client.send(POST + "Content-Length: 6\r\n\r\nhello!").readMessage())
          .startsWith("HTTP/1.1 413 Content Too Large")
          .contains("x-fairlead-reason: body-too-large", "at most 5 octets");
      assertThat(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("ok");
      assertThat(upstream.heads()).hasSize(2);
    }
  }

  @Test
  void bodyInChunksIsCutWhereItBecomesTooLarge() throws IOException {
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, atMost(20))) {
      String chunk = "5\r\nhello\r\n";
      client.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunk);
      client.send(chunk).send(chunk).send("0\r\n\r\n");
      assertThat(client.readMessage()).startsWith("HTTP/1.1 413");
    }
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, atMost(20))) {
      String whole = "10\r\n" + "x".repeat(16) + "\r\n0\r\n\r\n";
      assertThat(client.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + whole).readMessage())
          .startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void bodyThatComesTooSlowlyIsGivenUp() throws IOException {
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, atLeast(1_000, Duration.ofMillis(100)))) {
      client.send(POST + "Content-Length: 1000\r\n\r\nhello");
      assertThat(client.readMessage())
          .startsWith("HTTP/1.1 408")
          .contains("x-fairlead-reason: request-timeout", "the body comes too slowly");
    }
  }

  @Test
  void bodyThatKeepsPaceIsNotHurried() throws IOException {
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, atLeast(10, Duration.ofMillis(200)))) {
      client.send(POST + "Content-Length: 5\r\n\r\nhell");
      assertThat(client.send("o").readMessage()).endsWith("ok");
      assertThat(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("ok");
    }
  }

  @Test
  void upstreamThatThinksTooLongIsATimeout() throws IOException {
    try (var upstream = new RawUpstream(connection -> connection.readToEnd());
        var client =
            client(
                upstream,
                new Limits(
                    OptionalLong.empty(), Optional.empty(), Optional.of(Duration.ofMillis(50))))) {
      client.send(POST + "Content-Length: 10\r\n\r\nhello");
      assertThat(client.send("world").readMessage())
          .startsWith("HTTP/1.1 504")
          .contains("x-fairlead-reason: timeout");
    }
  }
}
