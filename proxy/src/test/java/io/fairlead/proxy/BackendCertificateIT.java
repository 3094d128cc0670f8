package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifests;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.proxy.Authority.Identity;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.math.BigInteger;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A gateway, from its documents on, shows endpoints outside the mesh a certificate. */
@ExtendWith(LeakCheck.class)
class BackendCertificateIT {
  private static final Authority CA = new Authority("partners");
  private static final Authority OTHER_CA = new Authority("strangers");
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String TLS = "tls: { backend: { clientCertificateRef: { name: shown } } }";

  private static final Duration LIFE = Duration.ofHours(2);

  private static final String DOCUMENTS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec:
        listeners: [{ name: web, port: 8000 }]
        %s
      ---
      apiVersion: v1
      kind: Secret
      metadata: { name: shown }
      type: kubernetes.io/tls
      stringData: { tls.crt: %s, tls.key: %s }
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: { name: partners }
      data: { ca.crt: %s }
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: { name: partner }
      spec: { parentRefs: [{ name: edge }], rules: [{ backendRefs: [{ name: partner }] }] }
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: { name: partner }
      spec:
        hosts: [partner.example]
        resolution: STATIC
        ports: [{ number: %d, name: https, protocol: HTTP }]
        endpoints: [{ address: 127.0.0.1 }]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: BackendTLSPolicy
      metadata: { name: partner }
      spec:
        targetRefs: [{ kind: Service, name: partner }]
        validation: { hostname: localhost, caCertificateRefs: [{ name: partners }] }
      """;

  private final Front front = new Front();
  private final List<BigInteger> shown = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    front.close();
  }

  /** A server of the platform's own TLS that takes nobody without a certificate of its CA. */
  private RawUpstream demanding() throws IOException {
    return new RawUpstream(
        new TlsServerSocket(CA.context(CA.server())),
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            Certificate first = connection.session().getPeerCertificates()[0];
            shown.add(((X509Certificate) first).getSerialNumber());
            connection.send(RawUpstream.okAnswer("hello"));
          }
        });
  }

  private static String quoted(String pem) {
    return '"' + pem.replace("\n", "\\n") + '"';
  }

  private static Snapshot documents(HostPort partner, String tls, Identity own) {
    Secret.Certificate pem = own.secret("shown");
    String yaml =
        DOCUMENTS.formatted(
            tls,
            quoted(pem.chainPem()),
            quoted(pem.keyPem()),
            quoted(CA.roots("partners", "").rootsPem()),
            partner.port());
    var parsed = Manifests.parse("edge.yaml", yaml, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).isEmpty();
    Snapshot made =
        Mesh.of(parsed.documents(), CatalogSnapshot.empty(), MeshSettings.defaults())
            .snapshot(new Node.Gateway("edge-1", "edge"));
    return new Snapshot(
        List.of(Model.listener("front", made.routeTables().getFirst().name())),
        made.routeTables(),
        made.clusters(),
        made.endpoints(),
        made.secrets());
  }

  private String answer() throws IOException {
    try (var client = front.client()) {
      return client.send(GET).readMessage();
    }
  }

  private static BigInteger serial(Identity identity) {
    return identity.chain().getFirst().getSerialNumber();
  }

  @Test
  void endpointThatDemandsACertificateIsShownThatOfTheGateway() throws IOException {
    Identity own = CA.issue(LIFE);
    try (var partner = demanding()) {
      front.apply(documents(partner.address(), TLS, own));
      assertThat(answer()).endsWith("hello");
      assertThat(shown).containsExactly(serial(own));
    }
  }

  @Test
  void withoutOneTheEndpointRefusesAndSaysSo() throws IOException {
    Identity own = CA.issue(LIFE);
    try (var partner = demanding()) {
      front.apply(documents(partner.address(), "", own));
      assertThat(answer())
          .startsWith("HTTP/1.1 503")
          .contains("x-fairlead-reason: upstream-tls", "refused");
      front.apply(documents(partner.address(), TLS, OTHER_CA.issue(LIFE)));
      assertThat(answer())
          .startsWith("HTTP/1.1 503")
          .contains("x-fairlead-reason: upstream-tls", "refused");
      assertThat(shown).isEmpty();
    }
  }

  @Test
  void renewedCertificateIsShownOnTheNextConnections() throws IOException {
    Identity own = CA.issue(LIFE);
    Identity renewed = CA.issue(LIFE);
    try (var partner = demanding()) {
      front.apply(documents(partner.address(), TLS, own));
      assertThat(answer()).endsWith("hello");
      front.apply(documents(partner.address(), TLS, own));
      assertThat(answer()).endsWith("hello");
      assertThat(partner.accepted()).as("nothing has changed").isEqualTo(1);
      front.apply(documents(partner.address(), TLS, renewed));
      assertThat(answer()).endsWith("hello");
      assertThat(shown).containsExactly(serial(own), serial(own), serial(renewed));
      assertThat(partner.accepted()).isEqualTo(2);
    }
  }

  @Test
  void brokenCertificateIsRefusedByNameAndTheLastOneStays() throws IOException {
    Identity own = CA.issue(LIFE);
    Identity other = CA.issue(LIFE);
    Identity mixed = new Identity(other.keys(), own.chain());
    try (var partner = demanding()) {
      front.apply(documents(partner.address(), TLS, own));
      var refused = front.plane().apply(documents(partner.address(), TLS, mixed));
      assertThat(refused.toString()).contains("Rejected", "Secret|shown", "keyPem");
      assertThat(answer()).endsWith("hello");
    }
  }
}
