package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.MESH_CA;
import static io.fairlead.proxy.TlsFront.OTHER_CA;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.proxy.tls.TlsContexts;
import io.fairlead.proxy.tls.TlsFailure;
import io.fairlead.proxy.upstream.HostLookup;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.StringMatch;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two data planes, one on each side of the wire, on both implementations of TLS. */
@ExtendWith(LeakCheck.class)
class MeshTlsIT {
  private static final String POST = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

  @Test
  void nativeImplementationIsThere() {
    // Otherwise the fallback would be tested twice.
    assertThat(OpenSsl.isAvailable()).as(String.valueOf(OpenSsl.unavailabilityCause())).isTrue();
  }

  private static Front plane(SslProvider provider) {
    DataPlaneSettings settings = DataPlaneSettings.of("test", "test").withEventLoops(1);
    return new Front(
        new DataPlane(
            settings,
            Ticker.system(),
            PolicyEvents.none(),
            new TlsContexts(() -> provider, Duration.ofSeconds(5)),
            HostLookup.SYSTEM));
  }

  @ParameterizedTest
  @CsvSource({
    "OPENSSL_REFCNT, OPENSSL_REFCNT",
    "OPENSSL_REFCNT, JDK",
    "JDK, OPENSSL_REFCNT",
    "JDK, JDK"
  })
  void callPassesBothProxies(SslProvider client, SslProvider server) throws IOException {
    try (var caller = plane(client);
        var called = plane(server);
        var workload = RawUpstream.ok("hello")) {
      called.apply(TlsFront.inbound(workload));
      caller.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
              TlsFront.cluster(
                  Optional.of(TlsFront.toBackend(new StringMatch.Exact(TlsFront.ME))),
                  called.address()),
              List.of(TlsFront.CLIENT.secret("own"), MESH_CA.roots("roots", TlsFront.MESH))));
      for (int i = 0; i < 3; i++) {
        try (var client1 = caller.client()) {
          client1.send(POST.replace("Host", "X-Forwarded-Client-Cert: URI=spiffe://x/y\r\nHost"));
          assertThat(client1.readMessage()).endsWith("hello");
        }
      }
      assertThat(workload.heads())
          .hasSize(3)
          .allSatisfy(
              head ->
                  assertThat(head)
                      .contains(
                          "x-forwarded-client-cert: By="
                              + TlsFront.ME
                              + ";URI="
                              + TlsFront.CALLER
                              + "\r\n")
                      .doesNotContain("spiffe://x/y"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "OPENSSL_REFCNT, OPENSSL_REFCNT",
    "OPENSSL_REFCNT, JDK",
    "JDK, OPENSSL_REFCNT",
    "JDK, JDK"
  })
  void callerThatIsNotTrustedIsToldSo(SslProvider client, SslProvider server) throws IOException {
    Identity stranger = OTHER_CA.identity(TlsFront.CALLER);
    try (var caller = plane(client);
        var called = plane(server);
        var workload = RawUpstream.ok("hello")) {
      called.apply(TlsFront.inbound(workload));
      caller.apply(
          TlsFront.snapshot(
              TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
              TlsFront.cluster(Optional.of(TlsFront.toBackend()), called.address()),
              List.of(stranger.secret("own"), MESH_CA.roots("roots", TlsFront.MESH))));
      for (int i = 0; i < 10; i++) {
        try (var client1 = caller.client()) {
          assertThat(client1.send(POST).readMessage())
              .startsWith("HTTP/1.1 503")
              .contains("x-fairlead-reason: upstream-tls");
        }
      }
      assertThat(TlsFront.counters(called).handshakeFailures(TlsFailure.UNTRUSTED)).isEqualTo(10);
      assertThat(workload.accepted()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"OPENSSL_REFCNT", "JDK"})
  void certificateAndRootsChangeOnEitherSide(SslProvider provider) throws IOException {
    try (var caller = plane(provider);
        var called = plane(provider);
        var workload = RawUpstream.ok("hello")) {
      for (Authority authority : List.of(MESH_CA, OTHER_CA, MESH_CA)) {
        var roots = authority.roots("roots", TlsFront.MESH);
        called.apply(
            TlsFront.snapshot(
                TlsFront.listener(Optional.of(TlsFront.mutual()), Listener.Role.INBOUND),
                TlsFront.cluster(Optional.empty(), workload.address()),
                List.of(authority.identity(TlsFront.ME).secret("own"), roots)));
        caller.apply(
            TlsFront.snapshot(
                TlsFront.listener(Optional.empty(), Listener.Role.OUTBOUND),
                TlsFront.cluster(Optional.of(TlsFront.toBackend()), called.address()),
                List.of(authority.identity(TlsFront.CALLER).secret("own"), roots)));
        try (var client = caller.client()) {
          assertThat(client.send(POST).readMessage()).endsWith("hello");
        }
      }
    }
  }
}
