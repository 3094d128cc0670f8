package io.fairlead.proxy.jwt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/** An issuer of tokens, with the JDK alone. */
public final class Signer {
  private final String id;
  private final KeyPair pair;

  private Signer(String id, KeyPair pair) {
    this.id = id;
    this.pair = pair;
  }

  public static Signer rsa(String id) {
    return made(id, "RSA", "");
  }

  public static Signer ec(String id, String curve) {
    return made(id, "EC", curve);
  }

  public static Signer ed25519(String id) {
    return made(id, "Ed25519", "");
  }

  private static Signer made(String id, String algorithm, String curve) {
    try {
      var generator = KeyPairGenerator.getInstance(algorithm);
      if (!curve.isEmpty()) {
        generator.initialize(new ECGenParameterSpec(curve));
      } else if (algorithm.equals("RSA")) {
        generator.initialize(2_048);
      }
      return new Signer(id, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The key as an element of a set, with further members. */
  public String jwk(String more) {
    String head = "{\"kid\":\"" + id + "\"," + more;
    return switch (pair.getPublic()) {
      case RSAPublicKey rsa ->
          head
              + "\"kty\":\"RSA\",\"n\":\""
              + number(rsa.getModulus(), 256)
              + "\",\"e\":\""
              + number(rsa.getPublicExponent(), 3)
              + "\"}";
      case ECPublicKey ec -> {
        int size = (ec.getParams().getCurve().getField().getFieldSize() + 7) / 8;
        yield head
            + "\"kty\":\"EC\",\"crv\":\"P-"
            + size * 8
            + "\",\"x\":\""
            + number(ec.getW().getAffineX(), size)
            + "\",\"y\":\""
            + number(ec.getW().getAffineY(), size)
            + "\"}";
      }
      case EdECPublicKey ed -> {
        byte[] point = unsigned(ed.getPoint().getY(), 32);
        for (int i = 0; i < 16; i++) {
          byte swapped = point[i];
          point[i] = point[31 - i];
          point[31 - i] = swapped;
        }
        point[31] |= (byte) (ed.getPoint().isXOdd() ? 0x80 : 0);
        yield head + "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + base64(point) + "\"}";
      }
      default -> throw new IllegalStateException("unknown key " + pair.getPublic());
    };
  }

  public static String set(String... keys) {
    return "{\"keys\":[" + String.join(",", keys) + "]}";
  }

  private static String number(BigInteger value, int length) {
    return base64(unsigned(value, length));
  }

  private static byte[] unsigned(BigInteger value, int length) {
    byte[] octets = value.toByteArray();
    byte[] out = new byte[length];
    int count = Math.min(octets.length, length);
    System.arraycopy(octets, octets.length - count, out, length - count, count);
    return out;
  }

  public static String base64(byte[] octets) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
  }

  /** A token with these claims. */
  public String token(String algorithm, String claims) {
    return token("{\"alg\":\"" + algorithm + "\",\"kid\":\"" + id + "\"}", algorithm, claims);
  }

  public String token(String header, String algorithm, String claims) {
    String signed = base64(header.getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
    try {
      Signature signature = signature(algorithm);
      signature.initSign(pair.getPrivate());
      signature.update(signed.getBytes(US_ASCII));
      return signed + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Signature signature(String algorithm) throws GeneralSecurityException {
    String bits = algorithm.substring(2);
    if (algorithm.startsWith("PS")) {
      Signature pss = Signature.getInstance("RSASSA-PSS");
      int salt = Integer.parseInt(bits) / 8;
      pss.setParameter(
          new PSSParameterSpec(
              "SHA-" + bits, "MGF1", new MGF1ParameterSpec("SHA-" + bits), salt, 1));
      return pss;
    }
    return Signature.getInstance(
        switch (algorithm.substring(0, 2)) {
          case "RS" -> "SHA" + bits + "withRSA";
          case "ES" -> "SHA" + bits + "withECDSAinP1363Format";
          default -> "Ed25519";
        });
  }

  /** The encoded public key, which is no secret. */
  public byte[] publicKey() {
    return Arrays.copyOf(pair.getPublic().getEncoded(), pair.getPublic().getEncoded().length);
  }
}
