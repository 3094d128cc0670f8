package io.fairlead.traffic;

import io.fairlead.resilience.RateLimitSettings;
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

  /** Refuses with 429 what exceeds the limit, counted over the whole listener. */
  record LocalRateLimit(RateLimitSettings settings) implements HttpFilter {}
}
