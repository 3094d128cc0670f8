package io.fairlead.proxy;

import io.fairlead.traffic.Secret;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Signs certificates for tests. */
public final class Authority {
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final KeyPair keys = newKeys();
  private final X500Name name;
  private final X509Certificate root;

  public Authority(String name) {
    this.name = new X500Name("CN=" + name);
    root = sign(this.name, keys, List.of(), new BasicConstraints(true), Duration.ofDays(1));
  }

  /** A certificate with its key, signed by this authority. */
  public record Identity(KeyPair keys, List<X509Certificate> chain) {
    public Secret.Certificate secret(String name) {
      StringBuilder pem = new StringBuilder();
      chain.forEach(certificate -> pem.append(pem(certificate)));
      return new Secret.Certificate(name, pem.toString(), pem(keys.getPrivate()));
    }
  }

  /** For a SPIFFE identity. */
  public Identity identity(String uri) {
    return issue(Duration.ofHours(2), new GeneralName(GeneralName.uniformResourceIdentifier, uri));
  }

  /** For a SPIFFE identity, valid from an hour ago for this time. */
  public Identity identity(String uri, Duration life) {
    return issue(life, new GeneralName(GeneralName.uniformResourceIdentifier, uri));
  }

  /** For the address 127.0.0.1 and the name localhost, as a server outside SPIFFE has it. */
  public Identity server() {
    return issue(
        Duration.ofHours(2),
        new GeneralName(GeneralName.dNSName, "localhost"),
        new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
  }

  public Identity issue(Duration life, GeneralName... names) {
    KeyPair own = newKeys();
    X500Name subject = names.length == 0 ? new X500Name("CN=leaf") : new X500Name(new RDN[0]);
    X509Certificate leaf = sign(subject, own, List.of(names), new BasicConstraints(false), life);
    return new Identity(own, List.of(leaf));
  }

  /** A certificate for a name that may itself sign. */
  public Identity signer(String uri) {
    KeyPair own = newKeys();
    var names = List.of(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
    return new Identity(
        own,
        List.of(
            sign(
                new X500Name("CN=ca"),
                own,
                names,
                new BasicConstraints(true),
                Duration.ofHours(2))));
  }

  public Secret.Validation roots(String name, String trustDomain) {
    return new Secret.Validation(name, pem(root), trustDomain);
  }

  /** What a client or server on the platform's own TLS needs. */
  public SSLContext context(Identity... own) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("root", root);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] keyManagers = Arrays.stream(own).map(Presenting::new).toArray(KeyManager[]::new);
      context.init(keyManagers, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate sign(
      X500Name subject,
      KeyPair subjectKeys,
      List<GeneralName> names,
      BasicConstraints constraints,
      Duration life) {
    try {
      Instant from = Instant.now().minus(Duration.ofHours(1));
      var builder =
          new JcaX509v3CertificateBuilder(
              name,
              BigInteger.valueOf(SERIAL.getAndIncrement()),
              Date.from(from),
              Date.from(from.plus(life)),
              subject,
              subjectKeys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, constraints);
      if (!constraints.isCA()) {
        builder.addExtension(
            Extension.keyUsage,
            true,
            new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyAgreement));
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      }
      if (!names.isEmpty()) {
        // Critical where the subject is empty (RFC 5280 section 4.2.1.6).
        builder.addExtension(
            Extension.subjectAlternativeName,
            subject.getRDNs().length == 0,
            new GeneralNames(names.toArray(GeneralName[]::new)));
      }
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String pem(Object object) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(
          object instanceof java.security.PrivateKey key
              ? new JcaPKCS8Generator(key, null)
              : object);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return text.toString();
  }
}
