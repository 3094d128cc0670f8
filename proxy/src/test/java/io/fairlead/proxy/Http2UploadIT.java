package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Uploads over HTTP/2 that end before their time. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class Http2UploadIT {
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void whatTheClientGivesUpIsGivenUpAtTheEndpointToo() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    try (var upstream =
            new RawUpstream(
                connection -> {
                  connection.readHead();
                  try {
                    connection.readToEnd();
                  } finally {
                    gone.countDown();
                  }
                });
        var client = RawHttp2.client(front.client(upstream))) {
      client.headers(1, RawHttp2.request("POST", "/"));
      for (int i = 0; i < 10; i++) {
        client.data(1, "x".repeat(10_000));
      }
      await().until(() -> upstream.heads().size() == 1);
      client.frame(RawHttp2.RST_STREAM, 0, 1, RawHttp2.integer(8));
      Waiting.awaitLatch(gone);
      assertThat(gone.getCount()).isZero();
    }
  }
}
