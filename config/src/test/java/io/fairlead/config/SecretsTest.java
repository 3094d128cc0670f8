package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
  private static final String SECRET = "apiVersion: v1\nkind: Secret\nmetadata: { name: shop }\n";

  @TempDir Path folder;

  private Manifests parse(String text) {
    return Manifests.parse("mesh.yaml", text, Manifests.ReferencedFiles.in(folder));
  }

  private List<String> messages(String text) {
    return parse(text).faults().stream().map(Fault::toString).toList();
  }

  @Test
  void keyIsReadInEachFormAndNeverShown() throws IOException {
    Files.writeString(folder.resolve("shop.crt"), "chain");
    var key = Files.writeString(folder.resolve("shop.key"), "hidden");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    for (var form :
        List.of(
            "data: { tls.crt: Y2hhaW4=, tls.key: aGlkZGVu }",
            "stringData: { tls.crt: chain, tls.key: hidden }",
            "files: { tls.crt: shop.crt, tls.key: shop.key }")) {
      var parsed = parse(SECRET + form);
      assertThat(parsed.faults()).isEmpty();
      var secret = (Manifest.Secret) parsed.documents().getFirst();
      assertThat(secret.data())
          .containsEntry("tls.crt", "chain")
          .containsEntry("tls.key", "hidden");
      assertThat(secret.toString()).contains("shop", "tls.key").doesNotContain("hidden");
    }
  }

  @Test
  void octetsThatAreNoTextStayInBase64() throws IOException {
    Files.write(folder.resolve("shop.ocsp"), new byte[] {1, 2, 3, -1});
    var rest = "data: { tls.crt: Y2hhaW4=, tls.key: aGlkZGVu";
    for (var form :
        List.of(rest + ", tls.ocsp: 'AQ ID/w==' }", rest + " }\nfiles: { tls.ocsp: shop.ocsp }")) {
      var parsed = parse(SECRET + form);
      assertThat(parsed.faults()).isEmpty();
      var secret = (Manifest.Secret) parsed.documents().getFirst();
      assertThat(secret.data()).containsEntry("tls.ocsp", "AQID/w==");
    }
    assertThat(messages(SECRET + rest + " }\nstringData: { tls.ocsp: text }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("stringData.tls.ocsp", "data or files"));
  }

  @Test
  void faultsNeverShowAValue() {
    var faults = messages(SECRET + "data: { tls.crt: '?hidden?', tls.key: '?hidden?' }");
    assertThat(faults).hasSize(3).anySatisfy(f -> assertThat(f).contains("data.tls.key", "Base64"));
    assertThat(faults.toString()).doesNotContain("hidden");
  }

  @Test
  void keyFileThatOthersCanReadIsRefused() throws IOException {
    Files.writeString(folder.resolve("shop.crt"), "chain");
    var key = Files.writeString(folder.resolve("shop.key"), "hidden");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(messages(SECRET + "files: { tls.crt: shop.crt, tls.key: shop.key }"))
        .anySatisfy(fault -> assertThat(fault).contains("files.tls.key", "rw-r--r--"));
  }

  @Test
  void certificateWithoutKeyIsRefused() {
    assertThat(messages(SECRET + "stringData: { tls.crt: chain }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("must hold tls.key too"));
  }

  private List<String> gatewayFaults(String listeners) {
    var text =
        SECRET
            + "stringData: { tls.crt: chain, tls.key: key }\n---\n"
            + "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: g }\n"
            + "spec: { listeners: ["
            + listeners
            + "] }\n";
    var parsed = parse(text);
    var faults =
        parsed.faults().isEmpty()
            ? Analysis.faults(parsed.documents(), List.of())
            : parsed.faults();
    return faults.stream().map(Fault::toString).toList();
  }

  @Test
  void listenersOfOnePortMustAgree() {
    var https = "protocol: HTTPS, tls: { certificateRefs: [{ name: shop }] } }";
    assertThat(gatewayFaults("{ name: a, port: 1, hostname: a, " + https)).isEmpty();
    assertThat(gatewayFaults("{ name: a, port: 1 }, { name: b, port: 1, " + https)).isEmpty();
    assertThat(
            gatewayFaults(
                "{ name: a, port: 1, hostname: a, "
                    + https
                    + ", { name: b, port: 1, hostname: b, "
                    + https.replace("HTTPS", "TLS")))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("protocol", "TLS"));
    var checked =
        "protocol: HTTPS, tls: { certificateRefs: [{ name: shop }], frontendValidation: "
            + "{ caCertificateRefs: [{ kind: Secret, name: shop }] } } }";
    assertThat(
            gatewayFaults(
                "{ name: a, port: 1, " + https + ", { name: b, port: 1, hostname: b, " + checked))
        .anySatisfy(fault -> assertThat(fault).contains("must name the same roots"))
        .anySatisfy(fault -> assertThat(fault).contains("has no entry ca.crt"));
  }

  @Test
  void certificateThatMustBeStapledNeedsAResponse() {
    var listener =
        "{ name: a, port: 1, protocol: HTTPS, tls: { certificateRefs: [{ name: shop }], options: {"
            + " fairlead.io/ocsp-staple-policy: %s } } }";
    assertThat(gatewayFaults(listener.formatted("STRICT_STAPLING"))).isEmpty();
    assertThat(gatewayFaults(listener.formatted("MUST_STAPLE")))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("shop", "has no entry tls.ocsp"));
  }

  @Test
  void tlsNeedsACertificateThatExists() {
    assertThat(gatewayFaults("{ name: a, port: 1, protocol: HTTPS }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("tls", "is required"));
    assertThat(
            gatewayFaults(
                "{ name: a, port: 1, protocol: HTTPS, tls: { certificateRefs: [{ name: shp }] } }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("is no Secret", "shop"));
  }
}
