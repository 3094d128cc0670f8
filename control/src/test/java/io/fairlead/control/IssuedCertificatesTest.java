package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ManualClock;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Secret;
import io.fairlead.xds.WorkloadCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IssuedCertificatesTest {
  private static final Duration HOUR = Duration.ofHours(1);
  @TempDir private Path folder;
  private final ManualClock clock = new ManualClock(Instant.parse("2026-01-01T00:00:00Z"));

  private IssuedCertificates issued() throws IOException {
    var settings = new CertificateAuthority.Settings(folder, MeshSettings.defaults(), HOUR);
    return new IssuedCertificates(CertificateAuthority.open(settings, clock), clock);
  }

  private static Node sidecar(String id, String service) {
    var any = new HostPort("127.0.0.1", 1);
    return new Node.Sidecar(
        id, service, "shop", any, any, any, io.fairlead.traffic.Cluster.Protocol.HTTP_1);
  }

  private static X509Certificate leaf(Encoded secret) throws IOException {
    var certificate = (Secret.Certificate) secret.resource();
    return WorkloadCertificate.of(certificate, "").chain().getFirst();
  }

  @Test
  void proxiesOfOneServiceShareACertificateOfItsIdentity() throws IOException {
    var issued = issued();
    var first = issued.of(sidecar("order-1", "order")).orElseThrow();
    assertThat(first.name()).isEqualTo(MeshSettings.WORKLOAD_CERTIFICATE);
    assertThat(issued.of(sidecar("order-2", "order")).orElseThrow()).isSameAs(first);
    assertThat(PeerIdentity.of(leaf(first))).hasValue("spiffe://cluster.local/ns/shop/sa/order");
    assertThat(PeerIdentity.of(leaf(issued.of(new Node.Gateway("g-1", "edge")).orElseThrow())))
        .hasValue("spiffe://cluster.local/ns/default/sa/edge");
  }

  @Test
  void aClientWithoutAProxyGetsNone() throws IOException {
    assertThat(issued().of(new Node.Client("order-1"))).isEmpty();
  }

  @Test
  void afterHalfOfItsLifetimeACertificateIsReplaced() throws IOException {
    var issued = issued();
    var node = sidecar("order-1", "order");
    var first = issued.of(node).orElseThrow();
    clock.advance(Duration.ofMinutes(29));
    assertThat(issued.forgetDue()).isFalse();
    assertThat(issued.of(node).orElseThrow()).isSameAs(first);
    clock.advance(Duration.ofMinutes(1));
    assertThat(issued.forgetDue()).isTrue();
    var second = issued.of(node).orElseThrow();
    assertThat(second.version()).isNotEqualTo(first.version());
    assertThat(leaf(second).getNotAfter()).isAfter(leaf(first).getNotAfter());
    assertThat(issued.forgetDue()).isFalse();
  }
}
