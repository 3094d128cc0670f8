package io.fairlead.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.proxy.Authority;
import io.fairlead.traffic.StringMatch;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerNamesTest {
  private static final Authority CA = new Authority("mesh");
  private final PeerNames mesh = new PeerNames("mesh.test", List.of());

  private static GeneralName uri(String uri) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
  }

  private static X509Certificate leaf(GeneralName... names) {
    return CA.issue(Duration.ofHours(2), names).chain().getFirst();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://mesh.test/ns/default/sa/cart",
        "spiffe://mesh.test/a",
        "spiffe://mesh.test/A-b_c.d/0/...",
      })
  void identityOfTheTrustDomainIsAccepted(String id) throws CertificateException {
    assertThat(mesh.identify(leaf(uri(id)))).contains(id);
    GeneralName host = new GeneralName(GeneralName.dNSName, "cart.test");
    assertThat(mesh.identify(leaf(host, uri(id)))).contains(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://mesh.test",
        "spiffe://mesh.test/",
        "spiffe://mesh.test/a/",
        "spiffe://mesh.test//a",
        "spiffe://mesh.test/./a",
        "spiffe://mesh.test/a/..",
        "spiffe://mesh.test/a?b=c",
        "spiffe://mesh.test/a#b",
        "spiffe://mesh.test/a%20b",
        "spiffe://mesh.test/a;By=b",
        "spiffe://mesh.test.evil/a",
        "spiffe://evil/mesh.test/a",
        "spiffe://mesh.test@evil/a",
        "spiffe://mesh.test:80/a",
        "SPIFFE://mesh.test/a",
        "https://mesh.test/a"
      })
  void anythingElseIsRefused(String id) {
    assertRefused(mesh, leaf(uri(id)));
  }

  @Test
  void tooLongIdentityIsRefused() {
    assertRefused(mesh, leaf(uri("spiffe://mesh.test/" + "a".repeat(2_048))));
  }

  @Test
  void certificateMustNameExactlyOneUri() {
    assertRefused(mesh, leaf());
    assertRefused(mesh, leaf(new GeneralName(GeneralName.dNSName, "mesh.test")));
    assertRefused(mesh, leaf(uri("spiffe://mesh.test/a"), uri("spiffe://mesh.test/b")));
    assertRefused(mesh, leaf(uri("spiffe://mesh.test/a"), uri("https://mesh.test/a")));
  }

  @Test
  void authorityHasNoIdentity() {
    assertRefused(mesh, CA.signer("spiffe://mesh.test/a").chain().getFirst());
  }

  @Test
  void oneOfTheWantedIdentitiesMustMatch() throws CertificateException {
    PeerNames some =
        new PeerNames(
            "mesh.test",
            Stream.of("spiffe://mesh.test/ns/a/*", "*/sa/cart").map(StringMatch::pattern).toList());
    String cart = "spiffe://mesh.test/ns/b/sa/cart";
    assertThat(some.identify(leaf(uri(cart)))).contains(cart);
    assertRefused(some, leaf(uri("spiffe://mesh.test/ns/b/sa/other")));
  }

  @Test
  void outsideSpiffeTheWantedUriIsFound() throws CertificateException {
    X509Certificate both = leaf(uri("https://a.test/x"), uri("https://b.test/y"));
    PeerNames any = new PeerNames("", List.of());
    assertThat(any.identify(both)).contains("https://a.test/x");
    assertThat(any.identify(leaf())).isEmpty();
    PeerNames one = new PeerNames("", List.of(new StringMatch.Prefix("https://b.test/")));
    assertThat(one.identify(both)).contains("https://b.test/y");
    assertRefused(one, leaf());
  }

  private static void assertRefused(PeerNames names, X509Certificate leaf) {
    assertThatThrownBy(() -> names.identify(leaf))
        .isInstanceOfSatisfying(
            PeerRefusedException.class,
            refused -> assertThat(refused.failure()).isEqualTo(TlsFailure.IDENTITY));
  }
}
