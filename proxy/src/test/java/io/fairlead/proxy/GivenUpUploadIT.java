package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.UpstreamLimits;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Uploads that clients give up, at each step of their way: the endpoint hears of it or was never
 * asked, and nothing is left behind.
 */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class GivenUpUploadIT {
  private static final int WINDOW = 256 << 10;
  private static final int OF_CONNECTION = 4 << 20;

  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private final Gauges gauges = new Gauges(front.plane());
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final CountDownLatch go = new CountDownLatch(1);
  private ResilienceSettings resilience = ResilienceSettings.none();

  @AfterEach
  void stop() {
    go.countDown();
    front.close();
  }

  enum Version {
    H1,
    H2
  }

  /** Records heads, and how requests end: {@code gone}, or the frame. */
  private RawUpstream upstream(Version behind) throws IOException {
    return new RawUpstream(connection -> record(behind, connection));
  }

  private void record(Version behind, RawSocket connection) throws IOException {
    if (behind == Version.H1) {
      if (!connection.readHead().isEmpty()) {
        seen.add("head");
        readToEnd(connection);
        seen.add("gone");
      }
      return;
    }
    try {
      frames(RawHttp2.server(connection));
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  private static void readToEnd(RawSocket connection) {
    try {
      connection.readToEnd();
    } catch (IOException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  /** Gives no window beyond the first one. */
  private void frames(RawHttp2 connection) throws IOException, Http2Exception {
    for (String frame = connection.read(); !frame.isEmpty(); frame = connection.read()) {
      if (frame.startsWith("HEADERS")) {
        seen.add("head");
      } else if (!frame.startsWith("DATA") || frame.contains(" end")) {
        seen.add(frame.startsWith("RST_STREAM") && frame.endsWith(" 8") ? "gone" : frame);
      }
    }
  }

  private void apply(Version behind, HostPort address) {
    var one =
        new UpstreamLimits(
            Optional.of(1), Optional.of(2), Optional.empty(), Optional.empty(), Optional.empty());
    Cluster cluster = Model.cluster("backend", resilience, address).withLimits(one);
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes"),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            behind == Version.H2 ? cluster.withProtocol(Cluster.Protocol.HTTP_2) : cluster));
  }

  private long active() {
    return gauges.attempts();
  }

  /** A client that gives one request up. */
  private sealed interface Caller extends AutoCloseable {
    static Caller of(Version version, Front front) throws IOException {
      RawSocket socket = front.client();
      return version == Version.H1 ? new Plain(socket) : new Framed(RawHttp2.client(socket));
    }

    void head() throws IOException;

    void body(int octets) throws IOException;

    void giveUp() throws IOException;

    @Override
    void close() throws IOException;
  }

  private record Plain(RawSocket socket) implements Caller {
    @Override
    public void head() throws IOException {
      socket.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n");
    }

    @Override
    public void body(int octets) throws IOException {
      socket.send("x".repeat(octets));
    }

    @Override
    public void giveUp() throws IOException {
      socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private record Framed(RawHttp2 frames) implements Caller {
    @Override
    public void head() throws IOException {
      frames.headers(1, RawHttp2.request("POST", "/"));
    }

    @Override
    public void body(int octets) throws IOException {
      sendData(frames, 1, octets);
    }

    @Override
    public void giveUp() throws IOException {
      reset(frames, 1);
    }

    @Override
    public void close() throws IOException {
      frames.close();
    }
  }

  private static void sendData(RawHttp2 frames, int stream, int octets) throws IOException {
    for (int left = octets; left > 0; left -= 16_384) {
      frames.data(stream, "x".repeat(Math.min(left, 16_384)));
    }
  }

  private static void reset(RawHttp2 frames, int stream) throws IOException {
    frames.frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(8));
  }

  private void awaitSeen(String... all) {
    await().untilAsserted(() -> assertThat(seen).containsExactly(all));
    await().until(() -> active() == 0);
  }

  @ParameterizedTest
  @CsvSource({"H1,H1", "H1,H2", "H2,H1", "H2,H2"})
  void beforeAnythingOfTheBodyHasCome(Version before, Version behind) throws IOException {
    giveUpAfter(0, before, behind);
  }

  @ParameterizedTest
  @CsvSource({"H1,H1", "H1,H2", "H2,H1", "H2,H2"})
  void inTheMiddleOfTheBody(Version before, Version behind) throws IOException {
    giveUpAfter(40_000, before, behind);
  }

  /** More than an endpoint takes that speaks HTTP/2 and gives no more window. */
  @ParameterizedTest
  @CsvSource({"H1,H2", "H2,H2"})
  void whileTheEndpointTakesNoMore(Version before, Version behind) throws IOException {
    giveUpAfter(WINDOW, before, behind);
  }

  private void giveUpAfter(int octets, Version before, Version behind) throws IOException {
    try (var upstream = upstream(behind)) {
      apply(behind, upstream.address());
      try (Caller client = Caller.of(before, front)) {
        client.head();
        client.body(octets);
        await().until(() -> seen.contains("head"));
        client.giveUp();
        awaitSeen("head", "gone");
      }
    }
  }

  /** The endpoint reads nothing, so nobody comes to read an end; a reset is heard of. */
  @Test
  void whatIsWrittenInVainIsGivenUpBehindToo() throws IOException {
    try (var upstream =
        new RawUpstream(
            connection -> {
              Waiting.awaitLatch(go);
              record(Version.H1, connection);
            })) {
      apply(Version.H1, upstream.address());
      RawSocket client = front.client();
      AtomicLong written = new AtomicLong();
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n");
      Thread writer = Thread.startVirtualThread(() -> writeOn(client, written));
      Waiting.awaitStandstill(written);
      client.reset();
      await().until(() -> active() == 0 && !writer.isAlive());
      go.countDown();
      awaitSeen("head", "gone");
    }
  }

  private static void writeOn(RawSocket client, AtomicLong written) {
    try {
      while (true) {
        client.send("x".repeat(10_000));
        written.addAndGet(10_000);
      }
    } catch (IOException gone) {
      assertThat(written.get()).isPositive();
    }
  }

  /** The endpoint has not said yet that it speaks HTTP/2. */
  @ParameterizedTest
  @EnumSource
  void whileTheConnectionIsMade(Version before) throws IOException {
    try (var upstream =
        new RawUpstream(
            connection -> {
              Waiting.awaitLatch(go);
              record(Version.H2, connection);
            })) {
      apply(Version.H2, upstream.address());
      try (Caller client = Caller.of(before, front);
          Caller other = Caller.of(before, front)) {
        client.head();
        client.body(40_000);
        await().until(() -> active() == 1);
        client.giveUp();
        await().until(() -> active() == 0);
        go.countDown();
        other.head();
        await().until(() -> !seen.isEmpty());
        other.giveUp();
        awaitSeen("head", "gone");
      }
    }
  }

  /** Those that wait have a place each among two, and give it back. */
  @ParameterizedTest
  @CsvSource({"H1,H1", "H2,H1"})
  void whileItWaitsForAConnection(Version before, Version behind) throws IOException {
    try (var upstream = upstream(behind)) {
      apply(behind, upstream.address());
      try (Caller first = Caller.of(before, front)) {
        first.head();
        await().until(() -> seen.size() == 1);
        for (int i = 0; i < 5; i++) {
          try (Caller client = Caller.of(before, front)) {
            client.head();
            client.body(40_000);
            await().until(() -> active() == 2);
            client.giveUp();
            await().until(() -> active() == 1);
          }
        }
        first.giveUp();
        awaitSeen("head", "gone");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whileAnotherAttemptIsWaitedFor(Version before) throws IOException {
    resilience =
        resilience.withRetry(
            RetrySettings.defaults()
                .withMaxDelay(Duration.ofMinutes(1))
                .withInitialDelay(Duration.ofMinutes(1)));
    HostPort nobody;
    try (var upstream = upstream(Version.H1)) {
      nobody = upstream.address();
    }
    apply(Version.H1, nobody);
    try (Caller client = Caller.of(before, front)) {
      client.head();
      client.body(40_000);
      await().until(() -> gauges.requests() == 1);
      client.giveUp();
      await().until(() -> gauges.requests() == 0);
      awaitSeen();
    }
  }

  /** What was never read of streams that are over counts no more against the others. */
  @ParameterizedTest
  @EnumSource
  void windowsOfTheConnectionAreWhole(Version behind) throws Exception {
    try (var upstream = upstream(behind)) {
      apply(behind, upstream.address());
      try (RawSocket socket = front.client();
          var client = RawHttp2.client(socket)) {
        int stream = 1;
        client.headers(stream, RawHttp2.request("POST", "/"));
        await().until(() -> seen.size() == 1);
        for (int sent = 0; sent <= OF_CONNECTION; sent += WINDOW) {
          stream += 2;
          client.headers(stream, RawHttp2.request("POST", "/"));
          sendData(client, stream, WINDOW);
          reset(client, stream);
        }
        client.frame(RawHttp2.PING, 0, 0, new byte[8]);
        assertThat(client.read()).startsWith("PING");
        reset(client, 1);
        await().until(() -> active() == 0);
      }
    }
  }
}
