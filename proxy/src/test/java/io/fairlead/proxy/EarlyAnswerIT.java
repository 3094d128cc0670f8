package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Endpoints that answer before they have the whole request, where another attempt follows. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class EarlyAnswerIT {
  private static final String FAILED =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno";

  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private final Gauges gauges = new Gauges(front.plane());

  @AfterEach
  void stop() {
    front.close();
  }

  private static ResilienceSettings retrying() {
    return ResilienceSettings.none()
        .withRetry(RetrySettings.defaults().withInitialDelay(Duration.ofMillis(1)));
  }

  /** Whatever came on it next would be the rest of the body to the endpoint. */
  @Test
  void connectionThatHasHalfARequestGetsNoOther() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (var upstream =
        new RawUpstream(
            connection -> {
              if (calls.incrementAndGet() == 1) {
                connection.readHead();
                connection.send(FAILED).readToEnd();
                return;
              }
              while (!connection.readMessage().isEmpty()) {
                connection.send(RawUpstream.okAnswer("whole"));
              }
            })) {
      front.apply(Model.plain(retrying(), upstream.address()));
      try (var uploading = front.client();
          var other = front.client()) {
        uploading.send("PUT /up HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234");
        await().until(() -> upstream.heads().size() == 2);
        other.send("GET /other HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(other.readMessage()).endsWith("whole");
        assertThat(uploading.send("56789").readMessage()).endsWith("whole");
        assertThat(upstream.heads()).filteredOn(head -> head.startsWith("GET /other")).hasSize(1);
        await().until(() -> gauges.attempts() == 0 && gauges.used() == 0);
      }
    }
  }
}
