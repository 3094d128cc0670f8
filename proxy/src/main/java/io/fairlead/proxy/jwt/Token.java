package io.fairlead.proxy.jwt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.access.Claims;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A signed token in compact form (RFC 7515 section 7.1, RFC 7519), read but not verified.
 * Immutable.
 *
 * @param algorithm that its header names, which is one of ours
 * @param keyId that its header names, or empty
 * @param payload its claims
 * @param signed what the signature is of
 */
record Token(
    Algorithm algorithm,
    String keyId,
    Map<String, Object> payload,
    byte[] signed,
    byte[] signature) {
  /** Clocks may differ by that. */
  private static final long SKEW_SECONDS = 60;

  /**
   * Reads a token.
   *
   * @throws IllegalArgumentException whose message says what it lacks
   */
  static Token parse(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException("the token must have three parts");
    }
    Map<String, Object> header = json(parts[0]);
    Algorithm algorithm = header.get("alg") instanceof String name ? Algorithm.of(name) : null;
    if (algorithm == null) {
      throw new IllegalArgumentException("the token's algorithm is not accepted");
    }
    if (header.containsKey("crit")) {
      throw new IllegalArgumentException("the token has an extension that is not understood");
    }
    String keyId = header.get("kid") instanceof String id ? id : "";
    byte[] signed = (parts[0] + "." + parts[1]).getBytes(US_ASCII);
    return new Token(algorithm, keyId, json(parts[1]), signed, decode(parts[2]));
  }

  private static Map<String, Object> json(String part) {
    return JsonReader.object(new String(decode(part), UTF_8));
  }

  /** In the one spelling that octets have, so that no two texts are the same token. */
  private static byte[] decode(String part) {
    byte[] octets = Base64.getUrlDecoder().decode(part);
    if (!Base64.getUrlEncoder().withoutPadding().encodeToString(octets).equals(part)) {
      throw new IllegalArgumentException("the token must be base64url without padding");
    }
    return octets;
  }

  String issuer() {
    return payload.get("iss") instanceof String issuer ? issuer : "";
  }

  /** What is wrong with its time or audience, or null. */
  @Nullable String fault(List<String> audiences, long nowSeconds) {
    if (payload.containsKey("exp") && !(number("exp") > nowSeconds - SKEW_SECONDS)) {
      return "the token has expired";
    }
    if (payload.containsKey("nbf") && !(number("nbf") <= nowSeconds + SKEW_SECONDS)) {
      return "the token is not valid yet";
    }
    boolean meant =
        audiences.isEmpty()
            || switch (payload.get("aud")) {
              case String one -> audiences.contains(one);
              case List<?> many -> many.stream().anyMatch(audiences::contains);
              case null, default -> false;
            };
    return meant ? null : "the token is for another audience";
  }

  /** What is no number compares as false with everything. */
  private double number(String claim) {
    return payload.get(claim) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  Claims claims() {
    String subject = payload.get("sub") instanceof String sub ? sub : "";
    return new Claims(issuer() + "/" + subject, payload);
  }
}
