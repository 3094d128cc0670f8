package io.fairlead.traffic;

import io.fairlead.resilience.RateLimitSettings;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

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
   * Asks a service about each request, as Envoy's external authorization.
   *
   * @param cluster of the service
   * @param service how it is asked
   * @param timeout for the answer; above 0
   * @param errorStatus what refused requests are answered with where there is no answer, 400 to 599
   * @param body how much of a request's body it is told; empty tells none
   * @param requestHeaders lower-case names of headers that the service is told; by HTTP beside
   *     {@code host} and {@code authorization}, by gRPC none means all
   */
  record ExternalAuthorization(
      String cluster,
      Service service,
      Duration timeout,
      FailureMode failureMode,
      int errorStatus,
      Optional<CheckedBody> body,
      List<String> requestHeaders)
      implements HttpFilter {
    /** The usual {@link #errorStatus}. */
    public static final int FORBIDDEN = 403;

    /** What becomes of requests while the service gives no answer. */
    public enum FailureMode {
      REFUSE,
      ALLOW
    }

    /** How the service is asked. Immutable. */
    public sealed interface Service {
      /**
       * By a request like the one that is asked about: 200 lets it pass, any other answer below 500
       * goes to the client.
       *
       * @param pathPrefix stands before the path of the request
       * @param upstreamHeaders lower-case names of headers of its consent that go on
       * @param clientHeaders lower-case names of headers of its refusal that the client gets; empty
       *     means all
       */
      record Http(String pathPrefix, List<String> upstreamHeaders, List<String> clientHeaders)
          implements Service {
        public Http {
          upstreamHeaders = List.copyOf(upstreamHeaders);
          clientHeaders = List.copyOf(clientHeaders);
          if (!pathPrefix.isEmpty() && !pathPrefix.startsWith("/")) {
            throw new IllegalArgumentException("pathPrefix: must begin with /, was " + pathPrefix);
          }
        }
      }

      /**
       * By {@code envoy.service.auth.v3.Authorization/Check}.
       *
       * @param contextExtensions what it is told of where it is asked from
       */
      record Grpc(SortedMap<String, String> contextExtensions) implements Service {
        public Grpc {
          contextExtensions = Collections.unmodifiableSortedMap(new TreeMap<>(contextExtensions));
        }
      }
    }

    /**
     * How much of a request's body the service is told. The request waits until so much has come.
     *
     * @param maxBytes 1 to 131,072
     */
    public record CheckedBody(int maxBytes, Longer longer) {
      /** What becomes of a body that is longer. */
      public enum Longer {
        /** The request is answered with 413. */
        REFUSED,
        /** The service is told the first octets. */
        CUT
      }

      public CheckedBody {
        if (maxBytes < 1 || maxBytes > 131_072) {
          throw new IllegalArgumentException("maxBytes: must be 1 to 131072, was " + maxBytes);
        }
      }
    }

    public ExternalAuthorization {
      Resource.requireName(cluster);
      requestHeaders = List.copyOf(requestHeaders);
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("timeout: must be above 0, was " + timeout);
      }
      if (errorStatus < 400 || errorStatus > 599) {
        throw new IllegalArgumentException("errorStatus: must be 400 to 599, was " + errorStatus);
      }
    }
  }

  /** Refuses with 429 what exceeds the limit, counted over the whole listener. */
  record LocalRateLimit(RateLimitSettings settings) implements HttpFilter {}
}
