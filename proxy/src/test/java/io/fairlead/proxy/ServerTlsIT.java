package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.CALLER;
import static io.fairlead.proxy.TlsFront.CLIENT;
import static io.fairlead.proxy.TlsFront.ME;
import static io.fairlead.proxy.TlsFront.MESH_CA;
import static io.fairlead.proxy.TlsFront.OTHER_CA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.proxy.tls.TlsFailure;
import java.io.IOException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** TLS with clients of the platform's own implementation. */
@ExtendWith(LeakCheck.class)
class ServerTlsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void verifiedCallerIsServedAndTold() throws IOException {
    for (String version : new String[] {"TLSv1.3", "TLSv1.2"}) {
      try (var upstream = RawUpstream.ok("hello")) {
        front.apply(TlsFront.inbound(upstream));
        try (var client = TlsFront.connect(front, MESH_CA.context(CLIENT), version)) {
          for (int i = 0; i < 3; i++) {
            assertThat(client.send(GET).readMessage()).endsWith("hello");
          }
        }
        assertThat(upstream.heads())
            .hasSize(3)
            .allSatisfy(
                head ->
                    assertThat(head)
                        .contains("x-forwarded-client-cert: By=" + ME + ";URI=" + CALLER + "\r\n"));
      }
    }
  }

  @Test
  void callersThatProveNothingAreRefusedWithReason() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      assertRefused(TlsFailure.NO_CERTIFICATE, MESH_CA.context());
      assertRefused(TlsFailure.UNTRUSTED, trusting(OTHER_CA.identity(CALLER)));
      Identity expired = MESH_CA.identity(CALLER, Duration.ofMinutes(30));
      assertRefused(TlsFailure.EXPIRED, trusting(expired));
      assertRefused(TlsFailure.IDENTITY, trusting(MESH_CA.identity("spiffe://else.test/ns/a")));
      assertThat(upstream.heads()).isEmpty();
    }
  }

  private static SSLContext trusting(Identity own) {
    return MESH_CA.context(own);
  }

  private void assertRefused(TlsFailure why, SSLContext context) {
    long before = TlsFront.counters(front).handshakeFailures(why);
    assertThatThrownBy(
            () -> {
              try (var client = TlsFront.connect(front, context)) {
                client.send(GET);
                assertThat(client.readToEnd()).isEmpty();
                throw new IOException("closed");
              }
            })
        .isInstanceOf(IOException.class);
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> TlsFront.counters(front).handshakeFailures(why) == before + 1);
  }
}
