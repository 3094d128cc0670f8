package io.fairlead.proxy.jwt;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * The signature algorithms that tokens may have (RFC 7518 section 3.1, RFC 8037 section 3.1), each
 * for one kind of key. There is none without a signature and none with a shared secret, so that no
 * public key can be taken for a secret.
 */
enum Algorithm {
  RS256("RSA", "", "SHA256withRSA", 0),
  RS384("RSA", "", "SHA384withRSA", 0),
  RS512("RSA", "", "SHA512withRSA", 0),
  PS256("RSA", "", "SHA-256", 32),
  PS384("RSA", "", "SHA-384", 48),
  PS512("RSA", "", "SHA-512", 64),
  ES256("EC", "P-256", "SHA256withECDSAinP1363Format", 0),
  ES384("EC", "P-384", "SHA384withECDSAinP1363Format", 0),
  EDDSA("OKP", "Ed25519", "Ed25519", 0);

  private final String keyType;
  private final String curve;
  private final String jdkName;
  private final int saltLength;

  Algorithm(String keyType, String curve, String jdkName, int saltLength) {
    this.keyType = keyType;
    this.curve = curve;
    this.jdkName = jdkName;
    this.saltLength = saltLength;
  }

  /** The algorithm of that name, or null; names have their case. */
  static @Nullable Algorithm of(String name) {
    for (Algorithm algorithm : values()) {
      if (algorithm.text().equals(name)) {
        return algorithm;
      }
    }
    return null;
  }

  String text() {
    return this == EDDSA ? "EdDSA" : name();
  }

  /** Whether keys of this type, on this curve, are for it. */
  boolean takes(String type, String keyCurve) {
    return keyType.equals(type) && curve.equals(keyCurve);
  }

  boolean verify(PublicKey key, byte[] signed, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance(saltLength > 0 ? "RSASSA-PSS" : jdkName);
      if (saltLength > 0) {
        verifier.setParameter(
            new PSSParameterSpec(jdkName, "MGF1", new MGF1ParameterSpec(jdkName), saltLength, 1));
      }
      verifier.initVerify(key);
      verifier.update(signed);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      // A signature of another length or form than the key's is no signature of it.
      return false;
    }
  }
}
