package io.fairlead.proxy;

import static io.fairlead.proxy.Waiting.awaitLatch;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.ResilienceSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Calls that wait for their turn. */
@ExtendWith(LeakCheck.class)
class BulkheadWaitIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(2));
  private final Semaphore answers = new Semaphore(0);
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  @AfterEach
  void stop() {
    answers.release(1_000);
    front.close();
  }

  /** Answers a call when a permit is given, with its path. */
  private RawUpstream upstream() throws IOException {
    return new RawUpstream(
        connection -> {
          String call = connection.readMessage();
          while (!call.isEmpty()) {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            answers.acquireUninterruptibly();
            running.decrementAndGet();
            connection.send(RawUpstream.okAnswer(call.split(" ")[1]));
            call = connection.readMessage();
          }
        });
  }

  private void apply(RawUpstream upstream, int calls, Duration wait, int waiting) {
    var settings = new BulkheadSettings(calls, wait, waiting);
    front.apply(Model.plain(ResilienceSettings.none().withBulkhead(settings), upstream.address()));
  }

  private static void until(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .pollInterval(Duration.ofMillis(5))
        .until(condition::getAsBoolean);
  }

  private int waiting() {
    return front.plane().waitingForBulkheads();
  }

  @Test
  void callsGoOnInTheOrderInWhichTheyCame() throws IOException {
    try (var upstream = upstream()) {
      apply(upstream, 1, Duration.ofSeconds(20), 2);
      try (var a = front.client();
          var b = front.client();
          var c = front.client();
          var d = front.client()) {
        a.send(GET.replace("/ ", "/a "));
        until(() -> running.get() == 1);
        b.send(GET.replace("/ ", "/b "));
        until(() -> waiting() == 1);
        c.send("POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
        until(() -> waiting() == 2);
        assertThat(d.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: bulkhead-full");
        answers.release();
        assertThat(a.readMessage()).endsWith("/a");
        until(() -> waiting() == 1);
        answers.release();
        assertThat(b.readMessage()).endsWith("/b");
        answers.release();
        assertThat(c.readMessage()).endsWith("/c");
        assertThat(upstream.heads())
            .extracting(head -> head.split(" ")[1])
            .containsExactly("/a", "/b", "/c");
      }
    }
  }

  @Test
  void waitEndsInTime() throws IOException {
    try (var upstream = upstream()) {
      apply(upstream, 1, Duration.ofMillis(100), 10);
      try (var a = front.client();
          var b = front.client()) {
        a.send(GET);
        until(() -> running.get() == 1);
        assertThat(b.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: bulkhead-full");
        assertThat(waiting()).isZero();
        answers.release(2);
        assertThat(a.readMessage()).startsWith("HTTP/1.1 200");
        assertThat(b.send(GET).readMessage()).startsWith("HTTP/1.1 200");
      }
      assertThat(upstream.heads()).hasSize(2);
    }
  }

  @Test
  void clientThatGoesLeavesItsTurnToOthers() throws IOException {
    try (var upstream = upstream()) {
      apply(upstream, 1, Duration.ofSeconds(20), 1);
      try (var a = front.client();
          var c = front.client()) {
        a.send(GET);
        until(() -> running.get() == 1);
        try (var b = front.client()) {
          b.send(GET);
          until(() -> waiting() == 1);
          b.reset();
        }
        until(() -> waiting() == 0);
        c.send(GET);
        until(() -> waiting() == 1);
        answers.release(2);
        assertThat(a.readMessage()).startsWith("HTTP/1.1 200");
        assertThat(c.readMessage()).startsWith("HTTP/1.1 200");
      }
      assertThat(upstream.heads()).hasSize(2);
    }
  }

  @Test
  void wideningTheBulkheadLetsThemGoOn() throws IOException {
    try (var upstream = upstream()) {
      apply(upstream, 1, Duration.ofSeconds(20), 10);
      try (var a = front.client();
          var b = front.client()) {
        a.send(GET);
        until(() -> running.get() == 1);
        b.send(GET);
        until(() -> waiting() == 1);
        apply(upstream, 2, Duration.ofSeconds(20), 10);
        until(() -> running.get() == 2);
        answers.release(2);
        assertThat(a.readMessage()).startsWith("HTTP/1.1 200");
        assertThat(b.readMessage()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void noTurnIsLostBetweenLoops() throws Exception {
    try (var upstream = upstream()) {
      answers.release(1_000_000);
      apply(upstream, 2, Duration.ofSeconds(20), 100);
      AtomicInteger good = new AtomicInteger();
      CountDownLatch done = new CountDownLatch(8);
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        clients.add(
            Thread.startVirtualThread(
                () -> {
                  try (var client = front.client()) {
                    for (int call = 0; call < 100; call++) {
                      if (client.send(GET).readMessage().startsWith("HTTP/1.1 200")) {
                        good.incrementAndGet();
                      }
                    }
                  } catch (IOException e) {
                    good.set(-1_000_000);
                  } finally {
                    done.countDown();
                  }
                }));
      }
      awaitLatch(done);
      assertThat(good).hasValue(800);
      assertThat(most.get()).isLessThanOrEqualTo(2);
      assertThat(waiting()).isZero();
    }
  }
}
