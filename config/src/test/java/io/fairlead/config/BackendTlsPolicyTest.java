package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BackendTlsPolicyTest {
  private static final String AROUND =
      """
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: { name: bank }
      spec:
        hosts: [bank.example]
        ports: [{ number: 443, name: https, protocol: HTTP }]
        resolution: DNS
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: { name: roots }
      data: { ca.crt: PEM }
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: { name: nothing }
      data: { other: text }
      """;

  private static Manifests parse(String service, String validation) {
    var text =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: BackendTLSPolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ group: "", kind: Service, name: %s }]
          validation: { %s }
        """
            .formatted(service, validation);
    return Manifests.parse("m.yaml", text + AROUND, Manifests.ReferencedFiles.NONE);
  }

  private static BackendTlsPolicy policy(String validation) {
    var parsed = parse("bank", validation);
    assertThat(parsed.faults()).isEmpty();
    assertThat(Analysis.faults(parsed.documents(), List.of())).isEmpty();
    return (BackendTlsPolicy) parsed.documents().getFirst();
  }

  @Test
  void rootsAreNamedOrThoseOfTheSystem() {
    var named =
        policy("hostname: Bank.Example, caCertificateRefs: [{ kind: ConfigMap, name: roots }]");
    assertThat(named.hostname()).isEqualTo("bank.example");
    assertThat(named.roots()).extracting(Manifest.Ref::name).containsExactly("roots");
    assertThat(named.kind()).isEqualTo("BackendTLSPolicy");
    assertThat(policy("hostname: bank.example, wellKnownCACertificates: System").roots()).isEmpty();
  }

  @Test
  void whatProvesNothingOrTooMuchIsAFault() {
    assertThat(faults("bank", "wellKnownCACertificates: System")).contains("hostname");
    assertThat(faults("bank", "hostname: '*.example', wellKnownCACertificates: System"))
        .contains("validation.hostname: '*.example' must be a host name");
    assertThat(faults("bank", "hostname: bank.example"))
        .contains("caCertificateRefs", "or wellKnownCACertificates must stand there");
    assertThat(
            faults(
                "bank",
                "hostname: b.example, wellKnownCACertificates: System, caCertificateRefs: [{"
                    + " name: roots }]"))
        .contains("only one of them");
    assertThat(faults("bank", "hostname: b.example, wellKnownCACertificates: Mozilla"))
        .contains("must be one of System");
  }

  @Test
  void referencesMustLeadSomewhere() {
    assertThat(faults("bank", "hostname: b.example, caCertificateRefs: [{ name: root }]"))
        .contains("is no ConfigMap of the configuration", "roots");
    assertThat(faults("bank", "hostname: b.example, caCertificateRefs: [{ name: nothing }]"))
        .contains("has no entry ca.crt");
    assertThat(faults("order", "hostname: b.example, wellKnownCACertificates: System"))
        .contains("must be a ServiceEntry: services of the mesh have its own TLS");
  }

  private static String faults(String service, String validation) {
    var parsed = parse(service, validation);
    var faults =
        parsed.faults().isEmpty()
            ? Analysis.faults(parsed.documents(), List.of("order"))
            : parsed.faults();
    return faults.toString();
  }

  private static String gatewayFaults(String spec) {
    var text =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: edge }
        spec: { listeners: [{ name: web, port: 8000 }], %s }
        ---
        apiVersion: v1
        kind: Secret
        metadata: { name: shown }
        type: kubernetes.io/tls
        stringData: { tls.crt: CHAIN, tls.key: KEY }
        ---
        apiVersion: v1
        kind: Secret
        metadata: { name: roots }
        stringData: { ca.crt: PEM }
        """
            .formatted(spec);
    var parsed = Manifests.parse("m.yaml", text, Manifests.ReferencedFiles.NONE);
    var faults =
        parsed.faults().isEmpty()
            ? Analysis.faults(parsed.documents(), List.of())
            : parsed.faults();
    return faults.toString();
  }

  @Test
  void whatAGatewayShowsEndpointsIsACertificate() {
    assertThat(gatewayFaults("tls: { backend: { clientCertificateRef: { name: shown } } }"))
        .isEqualTo("[]");
    assertThat(gatewayFaults("tls: { backend: {} }")).isEqualTo("[]");
    assertThat(gatewayFaults("tls: { backend: { clientCertificateRef: { name: show } } }"))
        .contains("spec.tls.backend.clientCertificateRef.name", "is no Secret of", "shown");
    assertThat(gatewayFaults("tls: { backend: { clientCertificateRef: { name: roots } } }"))
        .contains("spec.tls.backend.clientCertificateRef.name", "has no entry tls.crt");
    assertThat(
            gatewayFaults(
                "tls: { backend: { clientCertificateRef: { kind: ConfigMap, name: roots } } }"))
        .contains("must be one of Secret");
    assertThat(gatewayFaults("backendTLS: { clientCertificateRef: { name: shown } }"))
        .contains("spec.backendTLS", "has become tls.backend in the Gateway API 1.4");
  }
}
