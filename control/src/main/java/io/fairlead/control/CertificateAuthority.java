package io.fairlead.control;

import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Secret;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * Signs the short-lived certificates of workloads with a root that lies in a file. Safe for use by
 * many threads.
 *
 * <p>Certificates are X.509-SVIDs: the identity is the one URI in the subject alternative name, not
 * the subject. Whatever else the signing request asks for is ignored.
 */
public final class CertificateAuthority {
  private static final Duration ROOT_LIFETIME = Duration.ofDays(3650);

  /** Of our own ports, whose certificates are made anew at each start only. */
  private static final Duration SERVER_LIFETIME = Duration.ofDays(365);

  /** Clocks of hosts differ; a certificate is valid from so long before it is signed. */
  private static final Duration BACKDATE = Duration.ofMinutes(5);

  private final X509Certificate root;
  private final PrivateKey rootKey;
  private final MeshSettings mesh;
  private final Duration lifetime;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  private CertificateAuthority(
      X509Certificate root, PrivateKey rootKey, Settings settings, Clock clock) {
    this.root = root;
    this.rootKey = rootKey;
    this.mesh = settings.mesh();
    this.lifetime = settings.lifetime();
    this.clock = clock;
  }

  /**
   * What the authority works with. Immutable.
   *
   * @param directory holds {@code root.pem} and {@code root.key} (mode 0600)
   * @param lifetime of workload certificates, at least a second
   */
  public record Settings(Path directory, MeshSettings mesh, Duration lifetime) {
    public Settings {
      if (lifetime.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException("lifetime: must be at least 1s, was " + lifetime);
      }
    }
  }

  /** A signed certificate. */
  public record Signed(String chainPem, String rootsPem, Instant notAfter) {}

  /** Why a request was not signed; the message is for the one who asked. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * Loads the root, or makes one on first use.
   *
   * @throws IOException if the files cannot be read or written, or do not belong together
   */
  public static CertificateAuthority open(Settings settings, Clock clock) throws IOException {
    var certificate = settings.directory().resolve("root.pem");
    var key = settings.directory().resolve("root.key");
    try {
      if (!Files.exists(certificate)) {
        create(settings, clock, certificate, key);
      }
      var root = readCertificate(Files.readString(certificate));
      return new CertificateAuthority(root, readKey(Files.readString(key)), settings, clock);
    } catch (GeneralSecurityException | OperatorCreationException broken) {
      throw new IOException("cannot use the root in " + settings.directory(), broken);
    }
  }

  private static void create(Settings settings, Clock clock, Path certificate, Path key)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    Files.createDirectories(settings.directory());
    var pair = keyPair();
    var name = new X500Name("O=" + settings.mesh().trustDomain());
    var now = clock.instant();
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(120, new SecureRandom()),
            Date.from(now.minus(BACKDATE)),
            Date.from(now.plus(ROOT_LIFETIME)),
            name,
            pair.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    var uri =
        new GeneralName(
            GeneralName.uniformResourceIdentifier, "spiffe://" + settings.mesh().trustDomain());
    builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(uri));
    var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate());
    var root = new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    writeSecret(key, pem(new PemObject("PRIVATE KEY", pair.getPrivate().getEncoded())));
    // Written last and moved into place: if it is there, the key is too.
    var draft = certificate.resolveSibling("root.pem.new");
    Files.writeString(draft, pem(root));
    Files.move(
        draft, certificate, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Writes a file that only its owner can read, from the first byte on. */
  static void writeSecret(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    var ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Files.createFile(file, ownerOnly);
    Files.writeString(file, text, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /**
   * Signs a request for a service's identity. The caller has checked that the asker may have it.
   *
   * @param csrPem PKCS #10 (RFC 2986), PEM, signed by its own key
   * @throws RefusedException if the request is malformed or its key is too weak
   */
  public Signed sign(String csrPem, String namespace, String service) throws RefusedException {
    var key = requestedKey(csrPem);
    var names =
        new GeneralNames(
            new GeneralName(
                GeneralName.uniformResourceIdentifier, mesh.identity(namespace, service)));
    return certify(key, names, lifetime);
  }

  /** A certificate with a new key for one of our own listening ports. */
  Secret.Certificate server(String service, List<String> hosts) {
    var names = new java.util.ArrayList<GeneralName>();
    names.add(
        new GeneralName(GeneralName.uniformResourceIdentifier, mesh.identity("fairlead", service)));
    for (var host : hosts) {
      boolean address = host.matches("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*");
      names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host));
    }
    return withKey(service, new GeneralNames(names.toArray(GeneralName[]::new)), SERVER_LIFETIME);
  }

  /** A certificate with a new key for a proxy whose identity the caller has checked. */
  Secret.Certificate workload(String secret, String namespace, String service) {
    var identity = mesh.identity(namespace, service);
    var uri = new GeneralName(GeneralName.uniformResourceIdentifier, identity);
    return withKey(secret, new GeneralNames(uri), lifetime);
  }

  /** Of workload certificates. */
  Duration lifetime() {
    return lifetime;
  }

  private Secret.Certificate withKey(String name, GeneralNames names, Duration validFor) {
    try {
      var pair = keyPair();
      var signed = certify(pair.getPublic(), names, validFor);
      return new Secret.Certificate(
          name,
          signed.chainPem(),
          pem(new PemObject("PRIVATE KEY", pair.getPrivate().getEncoded())));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every Java platform has P-256", impossible);
    }
  }

  private static PublicKey requestedKey(String csrPem) throws RefusedException {
    try (var parser = new PEMParser(new StringReader(csrPem))) {
      if (!(parser.readObject()
          instanceof org.bouncycastle.pkcs.PKCS10CertificationRequest parsed)) {
        throw new RefusedException("csr: must be a PEM certificate request");
      }
      var request = new JcaPKCS10CertificationRequest(parsed);
      var key = request.getPublicKey();
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw new RefusedException("csr: must be signed by its own key");
      }
      boolean strong =
          switch (key) {
            case ECPublicKey ec -> ec.getParams().getOrder().bitLength() >= 256;
            case RSAPublicKey rsa -> rsa.getModulus().bitLength() >= 2048;
            default -> false;
          };
      if (!strong) {
        throw new RefusedException("csr: key must be ECDSA of 256 bits or RSA of 2048, or more");
      }
      return key;
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException malformed) {
      throw new RefusedException("csr: is malformed: " + malformed.getMessage());
    }
  }

  private Signed certify(PublicKey key, GeneralNames names, Duration validFor) {
    var now = clock.instant();
    var notAfter = now.plus(validFor);
    try {
      var builder =
          new JcaX509v3CertificateBuilder(
              root,
              new BigInteger(120, random),
              Date.from(now.minus(BACKDATE)),
              Date.from(notAfter),
              new X500Name(new org.bouncycastle.asn1.x500.RDN[0]),
              key);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyAgreement));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      // Critical, since the subject is empty (RFC 5280 section 4.2.1.6).
      builder.addExtension(Extension.subjectAlternativeName, true, names);
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(rootKey);
      X509CertificateHolder holder = builder.build(signer);
      var certificate = new JcaX509CertificateConverter().getCertificate(holder);
      return new Signed(pem(certificate), rootsPem(), notAfter);
    } catch (CertIOException | GeneralSecurityException | OperatorCreationException broken) {
      throw new IllegalStateException("cannot sign with the root", broken);
    }
  }

  /** The root certificate, PEM. */
  public String rootsPem() {
    return pem(root);
  }

  private static KeyPair keyPair() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X509Certificate readCertificate(String pem)
      throws IOException, GeneralSecurityException {
    try (var parser = new PEMParser(new StringReader(pem))) {
      if (parser.readObject() instanceof X509CertificateHolder holder) {
        return new JcaX509CertificateConverter().getCertificate(holder);
      }
    }
    throw new IOException("root.pem must hold a certificate");
  }

  private static PrivateKey readKey(String pem) throws IOException {
    try (var parser = new PEMParser(new StringReader(pem))) {
      if (parser.readObject() instanceof PrivateKeyInfo info) {
        return new JcaPEMKeyConverter().getPrivateKey(info);
      }
    }
    throw new IOException("root.key must hold a PKCS #8 private key");
  }

  static String pem(Object object) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString();
  }
}
