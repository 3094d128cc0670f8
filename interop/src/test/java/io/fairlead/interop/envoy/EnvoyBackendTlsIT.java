package io.fairlead.interop.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.fairlead.interop.clients.Localhost;
import io.fairlead.interop.envoy.EnvoyProcess.Variant;
import io.fairlead.testkit.FreePorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real Envoy serves a Gateway that shows endpoints outside the mesh a certificate. */
class EnvoyBackendTlsIT {
  private static final Duration BOUND = EnvoyMesh.BOUND;
  private static final char[] PASSWORD = "password".toCharArray();

  @TempDir private Path data;
  private final List<String> shown = new CopyOnWriteArrayList<>();
  private EnvoyMesh mesh;

  @BeforeEach
  void start() throws Exception {
    mesh = new EnvoyMesh(data, Duration.ofHours(1));
  }

  @AfterEach
  void stop() throws Exception {
    mesh.close();
  }

  /** Takes nobody without a certificate that it trusts, which is its own. */
  private HttpsServer demanding(Path store, Path certificate)
      throws IOException, GeneralSecurityException {
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(KeyStore.getInstance(store.toFile(), PASSWORD), PASSWORD);
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (var in = Files.newInputStream(certificate)) {
      var factory = java.security.cert.CertificateFactory.getInstance("X.509");
      trusted.setCertificateEntry("own", factory.generateCertificate(in));
    }
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    var server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            var wanted = context.getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            shown.add(((HttpsExchange) exchange).getSSLSession().getPeerPrincipal().getName());
            exchange.sendResponseHeaders(200, -1);
          }
        });
    server.start();
    return server;
  }

  private static String quoted(Path pem) throws IOException {
    return '"' + Files.readString(pem).replace("\n", "\\n") + '"';
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void endpointThatDemandsACertificateIsShownThatOfTheGateway(Variant variant) throws Exception {
    var own = Localhost.in(data);
    var server = demanding(data.resolve("localhost.p12"), own.certificate());
    try {
      int web = FreePorts.one();
      int port = server.getAddress().getPort();
      String pem = quoted(own.certificate());
      String shows = "tls: { backend: { clientCertificateRef: { name: shown } } }";
      mesh.apply(DOCUMENTS.formatted(web, shows, pem, quoted(own.key()), pem, port));
      mesh.gateway("edge", variant);
      await().atMost(BOUND).until(() -> Answer.get(web, "any", "/").status() == 200);
      assertThat(shown).contains("CN=localhost");
      mesh.apply(DOCUMENTS.formatted(web, "", pem, quoted(own.key()), pem, port));
      await().atMost(BOUND).until(() -> Answer.get(web, "any", "/").status() == 503);
    } finally {
      server.stop(0);
    }
  }

  private static final String DOCUMENTS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec:
        listeners: [{ name: web, port: %d }]
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
}
