package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.BACKEND;
import static io.fairlead.proxy.TlsFront.CLIENT;
import static io.fairlead.proxy.TlsFront.MESH_CA;
import static io.fairlead.proxy.TlsFront.OTHER_CA;
import static io.fairlead.proxy.TlsFront.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** TLS with endpoints of the platform's own implementation. */
@ExtendWith(LeakCheck.class)
class ClientTlsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  @Test
  void wantedServerIsCalledOnOneConnection() throws IOException {
    try (var upstream = TlsFront.secured(SERVER, "hello")) {
      var tls = TlsFront.toBackend(new StringMatch.Exact(BACKEND));
      front.apply(TlsFront.outbound(tls, upstream.address()));
      try (var client = front.client()) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
        }
      }
      assertThat(upstream.accepted()).isEqualTo(1);
    }
  }

  @Test
  void serversThatProveNothingGetNoRequest() throws IOException {
    Identity expired = MESH_CA.identity(BACKEND, Duration.ofMinutes(30));
    assertRefused("untrusted", OTHER_CA.identity(BACKEND));
    assertRefused("expired", expired);
    assertRefused("identity", MESH_CA.identity("spiffe://else.test/ns/a"));
    assertRefused("identity", CLIENT);
    assertRefused("identity", MESH_CA.server());
    assertRefused("identity", MESH_CA.signer(BACKEND));
  }

  private void assertRefused(String why, Identity server) throws IOException {
    try (var upstream = TlsFront.secured(server, "hello")) {
      var tls = TlsFront.toBackend(new StringMatch.Exact(BACKEND));
      front.apply(TlsFront.outbound(tls, upstream.address()));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("x-fairlead-reason: upstream-tls", "(" + why + ")");
      }
      assertThat(upstream.heads()).isEmpty();
    }
  }
}
