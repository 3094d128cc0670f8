package io.fairlead.traffic;

import java.net.URI;
import java.util.List;

/**
 * Tokens of one issuer, signed JWTs (RFC 7519). Immutable.
 *
 * @param issuer what the token's {@code iss} must be; names the provider
 * @param audiences one of them must be among the token's {@code aud}; none takes any
 * @param keys what it is verified with
 * @param fromHeaders headers that may hold a token
 * @param fromParams query parameters that may; where both are empty, a bearer token (RFC 6750) and
 *     the parameter {@code access_token}
 * @param forwarding whether the token's header goes on to the workload
 * @param claimHeaders headers that tell the workload claims; what others put there goes
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/jwt_authn/v3/config.proto">
 *     envoy.extensions.filters.http.jwt_authn.v3.JwtProvider</a>
 */
public record JwtProvider(
    String issuer,
    List<String> audiences,
    Keys keys,
    List<FromHeader> fromHeaders,
    List<String> fromParams,
    Forwarding forwarding,
    List<ClaimHeader> claimHeaders) {
  public JwtProvider {
    Resource.requireName(issuer);
    audiences = List.copyOf(audiences);
    fromHeaders = List.copyOf(fromHeaders);
    fromParams = List.copyOf(fromParams);
    claimHeaders = List.copyOf(claimHeaders);
  }

  /** Keys as a JSON Web Key Set (RFC 7517 section 5). */
  public sealed interface Keys {
    /** As they stand here. */
    record Inline(String jwks) implements Keys {}

    /** Fetched from there, again and again. */
    record Remote(String uri) implements Keys {
      public Remote {
        var scheme = URI.create(uri).getScheme();
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
          throw new IllegalArgumentException("jwksUri: must be http or https, was " + uri);
        }
      }
    }
  }

  /** A header, its name in lower case, and what stands before the token in it. */
  public record FromHeader(String name, String prefix) {
    public FromHeader {
      Resource.requireName(name);
    }
  }

  /** A header, its name in lower case, that tells a claim. */
  public record ClaimHeader(String header, String claim) {
    public ClaimHeader {
      Resource.requireName(header);
      Resource.requireName(claim);
    }
  }

  /** Whether the token's header goes on. */
  public enum Forwarding {
    KEPT,
    TAKEN_OUT
  }
}
