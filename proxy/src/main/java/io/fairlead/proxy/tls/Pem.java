package io.fairlead.proxy.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads certificates and keys in their textual form (RFC 7468); errors name what is wrong. */
final class Pem {
  private static final int MAX_BLOCKS = 1_024;

  private Pem() {}

  /** All certificates of the text, in its order; at least one. */
  static List<X509Certificate> certificates(String pem) throws GeneralSecurityException {
    List<X509Certificate> certificates = new ArrayList<>();
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (byte[] der : blocks(pem, "CERTIFICATE")) {
      if (factory.generateCertificate(new ByteArrayInputStream(der)) instanceof X509Certificate c) {
        certificates.add(c);
      }
    }
    if (certificates.isEmpty()) {
      throw new CertificateException("holds no certificate");
    }
    return certificates;
  }

  /** The key that belongs to the certificate. */
  static PrivateKey key(String pem, X509Certificate certificate) throws GeneralSecurityException {
    List<byte[]> blocks = blocks(pem, "PRIVATE KEY");
    if (blocks.size() != 1) {
      throw new InvalidKeyException("must hold one PKCS #8 key, holds " + blocks.size());
    }
    String algorithm = certificate.getPublicKey().getAlgorithm();
    PrivateKey key =
        KeyFactory.getInstance(algorithm)
            .generatePrivate(new PKCS8EncodedKeySpec(blocks.getFirst()));
    if (!belongTogether(key, certificate)) {
      throw new InvalidKeyException("does not belong to the certificate");
    }
    return key;
  }

  private static boolean belongTogether(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] sample = certificate.getEncoded();
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(sample);
    byte[] signature = signing.sign();
    Signature verifying = Signature.getInstance(algorithm);
    verifying.initVerify(certificate.getPublicKey());
    verifying.update(sample);
    return verifying.verify(signature);
  }

  private static List<byte[]> blocks(String pem, String label) throws GeneralSecurityException {
    String begin = "-----BEGIN " + label + "-----";
    String end = "-----END " + label + "-----";
    List<byte[]> blocks = new ArrayList<>();
    int at = pem.indexOf(begin);
    while (at >= 0) {
      int from = at + begin.length();
      int to = pem.indexOf(end, from);
      if (to < 0) {
        throw new GeneralSecurityException(label + " " + (blocks.size() + 1) + " has no end");
      }
      if (blocks.size() == MAX_BLOCKS) {
        throw new GeneralSecurityException("holds more than " + MAX_BLOCKS + " blocks");
      }
      blocks.add(decode(pem.substring(from, to), label, blocks.size() + 1));
      at = pem.indexOf(begin, to);
    }
    return blocks;
  }

  private static byte[] decode(String base64, String label, int number)
      throws GeneralSecurityException {
    try {
      return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException(label + " " + number + " is not Base64", e);
    }
  }
}
