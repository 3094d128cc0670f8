package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext.OcspStaplePolicy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** TLS of listeners and clusters to transport sockets. Stateless. */
final class TlsEncoder {
  private TlsEncoder() {}

  static TlsCertificate certificate(Secret.Certificate certificate) {
    var message =
        TlsCertificate.newBuilder()
            .setCertificateChain(Encoder.inline(certificate.chainPem()))
            .setPrivateKey(Encoder.inline(certificate.keyPem()));
    certificate
        .ocspStaple()
        .map(base64 -> ByteString.copyFrom(Base64.getDecoder().decode(base64)))
        .ifPresent(der -> message.setOcspStaple(DataSource.newBuilder().setInlineBytes(der)));
    return message.build();
  }

  /** TLS of a listener towards clients that get one of these certificates. */
  static TransportSocket server(ServerTls tls, List<String> certificates) {
    var common = common("");
    certificates.forEach(name -> common.addTlsCertificateSdsSecretConfigs(sds(name)));
    tls.clients().ifPresent(clients -> validate(common, clients));
    return socket(
        DownstreamTlsContext.newBuilder()
            .setCommonTlsContext(common)
            .setRequireClientCertificate(BoolValue.of(tls.clients().isPresent()))
            .setOcspStaplePolicy(
                switch (tls.staplingOrLenient()) {
                  case LENIENT -> OcspStaplePolicy.LENIENT_STAPLING;
                  case STRICT -> OcspStaplePolicy.STRICT_STAPLING;
                  case MUST_STAPLE -> OcspStaplePolicy.MUST_STAPLE;
                })
            .build());
  }

  static TransportSocket client(ClientTls tls) {
    var common = common(tls.certificate());
    validate(common, tls.server());
    return socket(
        UpstreamTlsContext.newBuilder()
            .setCommonTlsContext(common)
            .setSni(tls.serverName())
            // Who is known by no identity has to be whom the name says.
            .setAutoSniSanValidation(
                tls.server().identities().isEmpty() && !tls.serverName().isEmpty())
            .build());
  }

  /** A header with the client's address goes before what the inner socket does. */
  static TransportSocket proxyProtocol(
      Cluster.ProxyVersion version, Optional<TransportSocket> inner) {
    var config =
        ProxyProtocolConfig.newBuilder()
            .setVersion(
                switch (version) {
                  case V1 -> ProxyProtocolConfig.Version.V1;
                  case V2 -> ProxyProtocolConfig.Version.V2;
                });
    var plain =
        TransportSocket.newBuilder()
            .setName("envoy.transport_sockets.raw_buffer")
            .setTypedConfig(Any.pack(RawBuffer.getDefaultInstance()));
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.upstream_proxy_protocol")
        .setTypedConfig(
            Any.pack(
                ProxyProtocolUpstreamTransport.newBuilder()
                    .setConfig(config)
                    .setTransportSocket(inner.orElseGet(plain::build))
                    .build()))
        .build();
  }

  private static CommonTlsContext.Builder common(String certificate) {
    var common =
        CommonTlsContext.newBuilder()
            .setTlsParams(
                TlsParameters.newBuilder()
                    .setTlsMinimumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_2));
    if (!certificate.isEmpty()) {
      common.addTlsCertificateSdsSecretConfigs(sds(certificate));
    }
    return common;
  }

  private static void validate(CommonTlsContext.Builder common, PeerValidation peer) {
    var names = CertificateValidationContext.newBuilder();
    for (var identity : peer.identities()) {
      names.addMatchTypedSubjectAltNames(
          SubjectAltNameMatcher.newBuilder()
              .setSanType(SubjectAltNameMatcher.SanType.URI)
              .setMatcher(Encoder.matcher(identity)));
    }
    if (peer.roots().equals(MeshSettings.SYSTEM_ROOTS)) {
      common.setValidationContext(
          names.setSystemRootCerts(SystemRootCerts.getDefaultInstance()).build());
      return;
    }
    common.setCombinedValidationContext(
        CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
            .setDefaultValidationContext(names)
            .setValidationContextSdsSecretConfig(sds(peer.roots())));
  }

  private static SdsSecretConfig sds(String name) {
    return SdsSecretConfig.newBuilder().setName(name).setSdsConfig(Encoder.ads()).build();
  }

  private static TransportSocket socket(Message context) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.tls")
        .setTypedConfig(Any.pack(context))
        .build();
  }
}
