package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.server.Server;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Snapshot;
import io.fairlead.xds.AdsClient;
import io.fairlead.xds.AdsSettings;
import io.fairlead.xds.CertificateClient;
import io.fairlead.xds.SnapshotListener;
import io.fairlead.xds.WorkloadCertificate;
import io.grpc.StatusRuntimeException;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateIT {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir Path data;
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private ControlPlane control;
  private Server server;
  private HostPort address;

  @BeforeEach
  void start() throws IOException {
    control = ControlPlane.start(ControlSettings.in(data), new FakeCatalog(), Clock.systemUTC());
    server = SecureServer.builder(control, List.of("127.0.0.1")).https(0).build();
    server.start().join();
    address = new HostPort("127.0.0.1", server.activeLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    server.stop().join();
    control.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private WorkloadCertificate join(String service) throws IOException, InterruptedException {
    var token = Files.readString(data.resolve("join-token")).strip();
    var roots = Files.readString(data.resolve("ca/root.pem"));
    return new CertificateClient(address, "default", service).join(roots, token);
  }

  private static Optional<String> identity(WorkloadCertificate certificate) throws Exception {
    var bytes = certificate.certificate().chainPem().getBytes(StandardCharsets.US_ASCII);
    var leaf =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(bytes));
    return PeerIdentity.of((X509Certificate) leaf);
  }

  @Test
  void theTokenGivesAnIdentityAndTheCertificateRenewsIt() throws Exception {
    var first = join("order");
    assertThat(identity(first)).hasValue("spiffe://cluster.local/ns/default/sa/order");
    var second = new CertificateClient(address, "default", "order").renew(first);
    assertThat(identity(second)).isEqualTo(identity(first));
    assertThat(second.certificate().keyPem()).isNotEqualTo(first.certificate().keyPem());
  }

  @Test
  void aWrongTokenAndAForeignCertificateAreRefused() throws Exception {
    var roots = Files.readString(data.resolve("ca/root.pem"));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(
            () -> new CertificateClient(address, "default", "order").join(roots, "f".repeat(64)))
        .withMessageContaining("refused to sign a certificate of order: 401");
    var order = join("order");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new CertificateClient(address, "default", "bank").renew(order))
        .withMessageContaining("401");
  }

  @Test
  void theControlPlanesOwnCertificateOutlivesThoseOfWorkloads() throws Exception {
    var own =
        new WorkloadCertificate(control.serverCertificate(List.of("localhost")), "", Instant.EPOCH);
    var ends = own.chain().getFirst().getNotAfter().toInstant();
    assertThat(ends).isAfter(join("order").notAfter().plus(Duration.ofDays(300)));
  }

  @Test
  void theControlPlanesOwnCertificateIsRenewedWhileItRuns() throws Exception {
    var often = Duration.ofMillis(50);
    try (var renewing =
        SecureServer.builder(control, List.of("127.0.0.1"), often).https(0).build()) {
      renewing.start().join();
      var there = new HostPort("127.0.0.1", renewing.activeLocalPort());
      var first = serial(there);
      await().atMost(BOUND).until(() -> !serial(there).equals(first));
      var token = Files.readString(data.resolve("join-token")).strip();
      var client = new CertificateClient(there, "default", "order");
      assertThat(identity(client.renew(client.join(control.rootsPem(), token))))
          .hasValue("spiffe://cluster.local/ns/default/sa/order");
    }
  }

  /** Of the certificate that this server shows. */
  private BigInteger serial(HostPort there) throws Exception {
    var roots = KeyStore.getInstance("JKS");
    roots.load(null, null);
    roots.setCertificateEntry(
        "root",
        CertificateFactory.getInstance("X.509").generateCertificate(stream(control.rootsPem())));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(roots);
    var tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    try (var socket = (SSLSocket) tls.getSocketFactory().createSocket(there.host(), there.port())) {
      socket.startHandshake();
      var shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSerialNumber();
    }
  }

  @Test
  void secretsAreReadableByTheirOwnerOnly() throws Exception {
    for (var file : List.of("join-token", "ca/root.key")) {
      assertThat(Files.getPosixFilePermissions(data.resolve(file)))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    assertThat(join("order").toString()).doesNotContain("PRIVATE KEY");
  }

  @Test
  void aNodeMustBeWhatItsCertificateSays() throws Exception {
    var order = join("order");
    assertThat(firstAnswer("order", order)).isInstanceOf(Snapshot.class);
    assertThat(firstAnswer("bank", order)).asString().contains("must have the identity spiffe:");
  }

  @Test
  void onlyPeersOfTheMeshHaveTheirRequestsCounted() throws Exception {
    var order = join("order");
    assertThat(limited(tls -> tls.trustManager(stream(order.rootsPem()))))
        .isEqualTo("UNAUTHENTICATED");
    var own = order.certificate();
    assertThat(
            limited(
                tls ->
                    tls.trustManager(stream(order.rootsPem()))
                        .keyManager(stream(own.chainPem()), stream(own.keyPem()))))
        .isEqualTo("OK");
  }

  /** What the rate limit service says to a client with this TLS. */
  private String limited(Consumer<SslContextBuilder> tls) {
    try (var factory = ClientFactory.builder().tlsCustomizer(tls).build()) {
      var stub =
          GrpcClients.builder("gproto+https://127.0.0.1:" + address.port())
              .factory(factory)
              .build(RateLimitServiceBlockingStub.class);
      var request = RateLimitRequest.newBuilder().setDomain("shop").build();
      return stub.shouldRateLimit(request).getOverallCode().name();
    } catch (StatusRuntimeException refused) {
      return refused.getStatus().getCode().name();
    }
  }

  /** The first snapshot, or why there was none. */
  private Object firstAnswer(String service, WorkloadCertificate certificate) throws Exception {
    var answer = new AtomicReference<Object>("");
    var tls = tls(certificate);
    var metadata =
        Map.of(
            "service", service,
            "inbound", "127.0.0.1:15006",
            "outbound", "127.0.0.1:15001",
            "application", "127.0.0.1:8080");
    var client =
        new AdsClient(
            AdsSettings.of(address, service + "-1", metadata),
            new Bootstrap().channel(NioSocketChannel.class),
            loops.next(),
            () -> Optional.of(tls),
            Set.of(MeshSettings.WORKLOAD_CERTIFICATE),
            new SnapshotListener() {
              @Override
              public Optional<String> apply(Snapshot snapshot) {
                answer.set(snapshot);
                return Optional.empty();
              }

              @Override
              public void connection(Connection state) {
                if (state instanceof Connection.Lost(var reason)) {
                  answer.compareAndSet("", reason);
                }
              }
            });
    client.start();
    await().atMost(BOUND).until(() -> !answer.get().equals(""));
    client.close();
    return answer.get();
  }

  private static SslContext tls(WorkloadCertificate certificate) throws Exception {
    return SslContextBuilder.forClient()
        .keyManager(
            stream(certificate.certificate().chainPem()),
            stream(certificate.certificate().keyPem()))
        .trustManager(stream(certificate.rootsPem()))
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                "h2"))
        .build();
  }

  private static ByteArrayInputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
  }
}
