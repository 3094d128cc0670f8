package io.fairlead.xds;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.util.Base64;

/**
 * A certificate signing request (PKCS #10, RFC 2986) for a key, with empty subject and without
 * attributes: the certificate authority decides what the certificate says. Stateless.
 *
 * <p>Written by hand, since the JDK has no API for it and the forty bytes around the key are not
 * worth a library in every sidecar.
 */
final class SigningRequest {
  private static final int SEQUENCE = 0x30;
  private static final int BIT_STRING = 0x03;

  /** INTEGER 0, the version. */
  private static final byte[] VERSION = {0x02, 0x01, 0x00};

  /** Context tag 0, no attributes. */
  private static final byte[] NO_ATTRIBUTES = {(byte) 0xA0, 0x00};

  /** OBJECT IDENTIFIER 1.2.840.10045.4.3.2, ecdsa-with-SHA256 (RFC 5758 section 3.2). */
  private static final byte[] ECDSA_WITH_SHA256 = {
    0x06, 0x08, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x04, 0x03, 0x02
  };

  private SigningRequest() {}

  /** The request in PEM, signed by the key itself. */
  static String pem(KeyPair key) throws GeneralSecurityException {
    var info = der(SEQUENCE, VERSION, der(SEQUENCE), key.getPublic().getEncoded(), NO_ATTRIBUTES);
    var signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(key.getPrivate());
    signer.update(info);
    var unusedBits = new byte[] {0};
    var request =
        der(
            SEQUENCE,
            info,
            der(SEQUENCE, ECDSA_WITH_SHA256),
            der(BIT_STRING, unusedBits, signer.sign()));
    return pem("CERTIFICATE REQUEST", request);
  }

  static String pem(String type, byte[] der) {
    var encoder = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    return "-----BEGIN "
        + type
        + "-----\n"
        + encoder.encodeToString(der)
        + "\n-----END "
        + type
        + "-----\n";
  }

  /** Tag, length and content (X.690 section 8.1); lengths here stay below 65,536. */
  private static byte[] der(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (var part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    var out = new ByteArrayOutputStream();
    out.write(tag);
    if (length >= 256) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 128) {
      out.write(0x81);
    }
    out.write(length);
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
