package io.fairlead.traffic;

import io.fairlead.resilience.RateLimitSettings;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** A step that a request passes before it is routed. Immutable. */
public sealed interface HttpFilter {

  /**
   * Authorization by the caller's identity, as Envoy's RBAC filter: an {@link Action#ALLOW} filter
   * refuses what no rule matches (all, if it has no rules), a {@link Action#DENY} filter refuses
   * what some rule matches. The order of rules does not count, so they are kept by name.
   */
  record Rbac(Action action, List<AuthorizationRule> rules) implements HttpFilter {
    /** What a matching rule means. */
    public enum Action {
      ALLOW,
      DENY
    }

    public Rbac {
      rules = rules.stream().sorted(Comparator.comparing(AuthorizationRule::name)).toList();
    }
  }

  /**
   * Verifies tokens: one that is not valid is refused with 401, a request without passes. The order
   * of providers does not count, so they are kept by issuer.
   */
  record JwtAuthentication(List<JwtProvider> providers) implements HttpFilter {
    public JwtAuthentication {
      providers = providers.stream().sorted(Comparator.comparing(JwtProvider::issuer)).toList();
      for (int i = 1; i < providers.size(); i++) {
        if (providers.get(i).issuer().equals(providers.get(i - 1).issuer())) {
          throw new IllegalArgumentException(
              "providers: " + providers.get(i).issuer() + " stands there twice");
        }
      }
    }
  }

  /**
   * Asks a service about each request, as Envoy's external authorization over HTTP: 200 lets it
   * pass, any other answer below 500 goes to the client.
   *
   * @param cluster of the service
   * @param pathPrefix stands before the path of the request
   * @param timeout for the answer; above 0
   * @param requestHeaders lower-case names of headers that the service is told, beside {@code host}
   *     and {@code authorization}
   * @param upstreamHeaders lower-case names of headers of its consent that go on
   * @param clientHeaders lower-case names of headers of its refusal that the client gets; empty
   *     means all
   */
  record ExternalAuthorization(
      String cluster,
      String pathPrefix,
      Duration timeout,
      FailureMode failureMode,
      List<String> requestHeaders,
      List<String> upstreamHeaders,
      List<String> clientHeaders)
      implements HttpFilter {
    /** What becomes of requests while the service gives no answer. */
    public enum FailureMode {
      REFUSE,
      ALLOW
    }

    public ExternalAuthorization {
      Resource.requireName(cluster);
      requestHeaders = List.copyOf(requestHeaders);
      upstreamHeaders = List.copyOf(upstreamHeaders);
      clientHeaders = List.copyOf(clientHeaders);
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("timeout: must be above 0, was " + timeout);
      }
      if (!pathPrefix.isEmpty() && !pathPrefix.startsWith("/")) {
        throw new IllegalArgumentException("pathPrefix: must begin with /, was " + pathPrefix);
      }
    }
  }

  /** Refuses with 429 what exceeds the limit, counted over the whole listener. */
  record LocalRateLimit(RateLimitSettings settings) implements HttpFilter {}
}
