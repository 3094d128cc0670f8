package io.fairlead.xds;

import io.fairlead.traffic.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A workload's certificate with its key, and the roots of its peers. Immutable; the key never
 * appears in {@code toString}.
 *
 * @param certificate as the data plane takes it
 * @param rootsPem of the mesh, PEM
 * @param notAfter when it ends
 */
public record WorkloadCertificate(
    Secret.Certificate certificate, String rootsPem, Instant notAfter) {

  /**
   * The certificate of a key and its chain, which ends when its first does.
   *
   * @throws IOException if they are not PEM of X.509 certificates
   */
  public static WorkloadCertificate of(Secret.Certificate certificate, String rootsPem)
      throws IOException {
    var chain = certificates(certificate.chainPem());
    if (chain.isEmpty()) {
      throw new IOException("there is no certificate");
    }
    return new WorkloadCertificate(
        certificate, rootsPem, chain.getFirst().getNotAfter().toInstant());
  }

  /** When it should be renewed: after half of what is left, so that a long outage is survived. */
  public Duration renewIn(Instant now) {
    var left = Duration.between(now, notAfter);
    return left.isNegative() ? Duration.ZERO : left.dividedBy(2);
  }

  /**
   * The leaf and what leads to its root.
   *
   * @throws IOException if it is not PEM of X.509 certificates
   */
  public List<X509Certificate> chain() throws IOException {
    return certificates(certificate.chainPem());
  }

  /**
   * The roots of the mesh.
   *
   * @throws IOException if they are not PEM of X.509 certificates
   */
  public List<X509Certificate> roots() throws IOException {
    return certificates(rootsPem);
  }

  /**
   * The private key.
   *
   * @throws IOException if it is not an EC key in PKCS #8, PEM
   */
  public PrivateKey key() throws IOException {
    var base64 = certificate.keyPem().replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      var encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
      return KeyFactory.getInstance("EC").generatePrivate(encoded);
    } catch (GeneralSecurityException | IllegalArgumentException unusable) {
      throw new IOException("the private key cannot be used", unusable);
    }
  }

  static List<X509Certificate> certificates(String pem) throws IOException {
    try {
      var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
      var certificates = new ArrayList<X509Certificate>();
      for (var read : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        certificates.add((X509Certificate) read);
      }
      return certificates;
    } catch (GeneralSecurityException unusable) {
      throw new IOException("the certificates cannot be used: " + unusable.getMessage(), unusable);
    }
  }
}
