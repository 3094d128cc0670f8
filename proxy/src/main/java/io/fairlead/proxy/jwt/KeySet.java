package io.fairlead.proxy.jwt;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A JSON Web Key Set (RFC 7517 section 5), as far as its keys can verify signatures. Immutable.
 * Keys of other kinds and uses are left out, as the RFC asks.
 */
final class KeySet {
  private static final int MAX_KEYS = 100;
  private static final int MIN_RSA_BITS = 2_048;

  private final List<Key> keys;

  /** A key; id and algorithm are empty if it has none. */
  private record Key(String id, String algorithm, String type, String curve, PublicKey key) {}

  private KeySet(List<Key> keys) {
    this.keys = List.copyOf(keys);
  }

  /**
   * Reads a set.
   *
   * @throws IllegalArgumentException if the text is none, or has no key that can be used
   */
  static KeySet parse(String json) {
    Object list = JsonReader.object(json).get("keys");
    if (!(list instanceof List<?> members) || members.size() > MAX_KEYS) {
      throw new IllegalArgumentException("keys: must be a list of at most " + MAX_KEYS);
    }
    List<Key> keys = new ArrayList<>();
    for (Object member : members) {
      if (member instanceof Map<?, ?>) {
        add(keys, JsonReader.members(member));
      }
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("keys: must hold a key for signatures");
    }
    return new KeySet(keys);
  }

  private static void add(List<Key> keys, Map<String, Object> jwk) {
    String use = text(jwk, "use");
    if (!use.isEmpty() && !use.equals("sig")) {
      return;
    }
    try {
      String type = text(jwk, "kty");
      PublicKey key =
          switch (type) {
            case "RSA" -> rsa(jwk);
            case "EC" -> ec(jwk);
            case "OKP" -> ed25519(jwk);
            default -> throw new IllegalArgumentException("kty: " + type + " is not known");
          };
      keys.add(new Key(text(jwk, "kid"), text(jwk, "alg"), type, text(jwk, "crv"), key));
    } catch (GeneralSecurityException | IllegalArgumentException unusable) {
      // Sets hold keys for many purposes; what is not for this one is somebody else's.
      return;
    }
  }

  private static PublicKey rsa(Map<String, Object> jwk) throws GeneralSecurityException {
    BigInteger modulus = number(jwk, "n");
    if (modulus.bitLength() < MIN_RSA_BITS) {
      throw new IllegalArgumentException("n: must have at least " + MIN_RSA_BITS + " bits");
    }
    return KeyFactory.getInstance("RSA")
        .generatePublic(new RSAPublicKeySpec(modulus, number(jwk, "e")));
  }

  private static PublicKey ec(Map<String, Object> jwk) throws GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(
        new ECGenParameterSpec(
            switch (text(jwk, "crv")) {
              case "P-256" -> "secp256r1";
              case "P-384" -> "secp384r1";
              default -> throw new IllegalArgumentException("crv: is not known");
            }));
    return KeyFactory.getInstance("EC")
        .generatePublic(
            new ECPublicKeySpec(
                new ECPoint(number(jwk, "x"), number(jwk, "y")),
                curve.getParameterSpec(ECParameterSpec.class)));
  }

  /** The first bit from the right end says whether x is odd, the rest is y (RFC 8032). */
  private static PublicKey ed25519(Map<String, Object> jwk) throws GeneralSecurityException {
    byte[] little = Base64.getUrlDecoder().decode(text(jwk, "x"));
    if (!text(jwk, "crv").equals("Ed25519") || little.length != 32) {
      throw new IllegalArgumentException("x: must be a point of Ed25519");
    }
    byte[] big = new byte[little.length];
    for (int i = 0; i < big.length; i++) {
      big[i] = little[little.length - 1 - i];
    }
    boolean odd = big[0] < 0;
    big[0] &= 0x7f;
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(
            new EdECPublicKeySpec(
                NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, big))));
  }

  private static BigInteger number(Map<String, Object> jwk, String name) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(text(jwk, name)));
  }

  private static String text(Map<String, Object> jwk, String name) {
    return jwk.get(name) instanceof String text ? text : "";
  }

  /** Whether a key of this id is here; keys of a token without id are all of them. */
  boolean knows(String id) {
    return id.isEmpty() || keys.stream().anyMatch(key -> key.id.equals(id));
  }

  /** Whether a key of that id, made for that algorithm, made the signature. */
  boolean verify(String id, Algorithm algorithm, byte[] signed, byte[] signature) {
    for (Key key : keys) {
      boolean meant =
          (id.isEmpty() || key.id.equals(id))
              && (key.algorithm.isEmpty() || key.algorithm.equals(algorithm.text()))
              && algorithm.takes(key.type, key.type.equals("RSA") ? "" : key.curve);
      if (meant && algorithm.verify(key.key, signed, signature)) {
        return true;
      }
    }
    return false;
  }
}
