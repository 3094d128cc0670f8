package io.fairlead.config;

import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.ResilienceSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One document of the configuration. Immutable. */
public sealed interface Manifest
    permits Manifest.Service,
        Manifest.ServiceEntry,
        Manifest.Gateway,
        Manifest.Secret,
        Manifest.ConfigMap,
        Manifest.HttpRoute,
        Manifest.ResiliencePolicy,
        Manifest.DestinationRule,
        Manifest.AuthorizationPolicy,
        Manifest.RequestAuthentication,
        ExternalAuthorization,
        Manifest.ClientPolicy,
        Manifest.RoutePolicy,
        Manifest.SecurityPolicy,
        StreamRoute,
        PeerAuthentication,
        AccessLog,
        ConnectionPolicy,
        RateLimitPolicy,
        RateLimitDomain,
        HealthCheckPolicy,
        BackendTlsPolicy {
  /** Name, namespace and place of the document. */
  Metadata metadata();

  /** The kind as it is written in YAML. */
  default String kind() {
    return getClass().getSimpleName();
  }

  /** What identifies the document among all. */
  default Id id() {
    return new Id(kind(), metadata().namespace(), metadata().name());
  }

  /** Identity of a document. */
  record Id(String kind, String namespace, String name) implements Comparable<Id> {
    @Override
    public int compareTo(Id other) {
      int kinds = kind.compareTo(other.kind);
      int namespaces = kinds == 0 ? namespace.compareTo(other.namespace) : kinds;
      return namespaces == 0 ? name.compareTo(other.name) : namespaces;
    }

    /** Of the names alone, which keep theirs: thousands are looked up at each change. */
    @Override
    public int hashCode() {
      return 31 * kind.hashCode() + name.hashCode();
    }

    @Override
    public String toString() {
      return kind + "/" + (namespace.equals("default") ? "" : namespace + "/") + name;
    }
  }

  /**
   * The head of a document.
   *
   * @param at where the document begins
   */
  record Metadata(String name, String namespace, Map<String, String> labels, Position at) {}

  /**
   * A reference to another document or to a service of the catalog.
   *
   * @param kind of the document, such as {@code Gateway}, {@code Service} or {@code Secret}
   * @param path field path, for messages
   */
  record Ref(String kind, String name, String path, Position at) {}

  /**
   * A service made of the catalog's instances that carry all labels of the selector (Kubernetes
   * core/v1). An instance carries its own labels and {@code service} and {@code version}.
   *
   * @param selector empty declares the name alone
   */
  record Service(Metadata metadata, Map<String, String> selector) implements Manifest {}

  /**
   * A service outside the catalog (Istio networking/v1).
   *
   * @param hosts names by which it is called
   * @param protocol of its first port
   * @param resolution what the addresses of the endpoints are
   * @param endpoints exactly one for DNS_ROUND_ROBIN
   */
  record ServiceEntry(
      Metadata metadata,
      List<String> hosts,
      PortProtocol protocol,
      Resolution resolution,
      List<StaticEndpoint> endpoints)
      implements Manifest {
    /** What the addresses of a service entry are. */
    public enum Resolution {
      /** Addresses. */
      STATIC,
      /** Names, all of whose addresses are endpoints. */
      DNS,
      /** A name, one of whose addresses at a time is the endpoint. */
      DNS_ROUND_ROBIN
    }

    /** What is spoken on a port; GRPC is HTTP2. */
    public enum PortProtocol {
      HTTP,
      HTTP2,
      GRPC
    }

    /** An address of a service entry; weight 1 to 1000. */
    public record StaticEndpoint(String address, int port, int weight) {}
  }

  /**
   * Listeners at the edge (Gateway API v1).
   *
   * @param clientCertificate Secret with what the gateway shows endpoints to which it speaks TLS by
   *     a {@link BackendTlsPolicy}; empty shows nothing
   */
  record Gateway(
      Metadata metadata, List<GatewayListener> listeners, Optional<Ref> clientCertificate)
      implements Manifest {
    /**
     * A port of a gateway.
     *
     * @param hostname limits the hosts; empty takes all
     * @param tls how connections are secured; there is one unless the protocol is HTTP or TCP
     */
    public record GatewayListener(
        String name,
        String address,
        int port,
        Protocol protocol,
        Optional<String> hostname,
        Optional<Tls> tls,
        Position at) {}

    /** What a listener expects to be spoken. */
    public enum Protocol {
      HTTP,
      HTTPS,
      /** TLS that goes on to whom its client names, or ends and goes on as TCP. */
      TLS,
      TCP
    }

    /** Where TLS ends. */
    public enum TlsMode {
      TERMINATE,
      PASSTHROUGH
    }

    /**
     * TLS of a listener.
     *
     * @param certificates Secrets with certificate and key; at least one where it ends here
     * @param clientRoots ConfigMaps or Secrets with the roots of clients' certificates; none asks
     *     clients for no certificate
     * @param stapling the option {@code fairlead.io/ocsp-staple-policy}
     */
    public record Tls(
        TlsMode mode, List<Ref> certificates, List<Ref> clientRoots, Stapling stapling) {}

    /** What the OCSP responses of certificates mean for their use, in the words of Envoy. */
    public enum Stapling {
      LENIENT_STAPLING,
      STRICT_STAPLING,
      MUST_STAPLE
    }
  }

  /**
   * Key material (Kubernetes core/v1). Its text is in plain form here, whatever it was in YAML.
   *
   * @param data {@code tls.crt} and {@code tls.key} of a certificate, {@code ca.crt} of roots; and
   *     {@code tls.ocsp}, the one entry that is no text and stands here in Base64
   */
  record Secret(Metadata metadata, Map<String, String> data) implements Manifest {
    /** Entry that holds a certificate chain, leaf first, PEM. */
    public static final String CERTIFICATE = "tls.crt";

    /** Entry that holds the private key, PEM. */
    public static final String KEY = "tls.key";

    /** Entry that holds an OCSP response about the certificate, DER. */
    public static final String STAPLE = "tls.ocsp";

    /** Entry that holds roots, PEM; in a ConfigMap too. */
    public static final String ROOTS = "ca.crt";

    public Secret {
      data = Map.copyOf(data);
    }

    /** Never shows what it holds. */
    @Override
    public String toString() {
      return "Secret[" + metadata.name() + ", entries=" + data.keySet() + "]";
    }
  }

  /**
   * Data that is no secret (Kubernetes core/v1), such as the roots of clients' certificates.
   *
   * @param data texts by their names
   */
  record ConfigMap(Metadata metadata, Map<String, String> data) implements Manifest {
    public ConfigMap {
      data = Map.copyOf(data);
    }
  }

  /** Routes of a gateway or of a service (Gateway API v1): an HTTPRoute or a GRPCRoute. */
  record HttpRoute(
      Metadata metadata, Form form, List<Parent> parents, List<String> hostnames, List<Rule> rules)
      implements Manifest {
    @Override
    public String kind() {
      return switch (form) {
        case HTTP -> "HTTPRoute";
        case GRPC -> "GRPCRoute";
      };
    }

    /** What its rules speak of. */
    public enum Form {
      HTTP,
      GRPC
    }

    /** Where a route is attached; the section names one listener of a gateway. */
    public record Parent(Ref ref, Optional<String> section) {}

    /** Matches, of which one must hold, and what is done then. */
    public record Rule(
        List<RouteMatch> matches,
        List<RouteFilter> filters,
        List<Backend> backends,
        Optional<Duration> requestTimeout,
        Optional<Duration> backendTimeout,
        Optional<RouteRetry> retry,
        Position at) {}

    /**
     * Retries of a rule (GEP-1731).
     *
     * @param codes statuses of 400 to 599
     */
    public record RouteRetry(
        List<Integer> codes, Optional<Integer> attempts, Optional<Duration> backoff) {}

    /**
     * Conditions that must all hold.
     *
     * @param rpc what the path was made of; it is there in a GRPCRoute only
     */
    public record RouteMatch(
        PathForm pathForm,
        String path,
        List<String> methods,
        List<ValueMatch> headers,
        List<ValueMatch> query,
        Optional<Rpc> rpc) {}

    /** How a path is compared. */
    public enum PathForm {
      EXACT,
      PREFIX,
      REGULAR_EXPRESSION,
      TEMPLATE
    }

    /** A condition on a header or query parameter; {@code DIFFERS} turns it around. */
    public record ValueMatch(String name, ValueForm form, String value, Sense sense) {}

    /** How a value is compared; {@code PRESENT} takes any. */
    public enum ValueForm {
      EXACT,
      PREFIX,
      SUFFIX,
      CONTAINS,
      REGULAR_EXPRESSION,
      PRESENT
    }

    /** Whether the condition must hold or must not. */
    public enum Sense {
      MATCHES,
      DIFFERS
    }

    /** A header with its value. */
    public record Header(String name, String value) {}

    /** A service with its share of the requests. */
    public record Backend(Ref ref, int weight) {}
  }

  /** A change that a route makes. */
  sealed interface RouteFilter {
    /** How it changes the path, if it does. */
    default Optional<PathChange> path() {
      return Optional.empty();
    }

    /** RequestHeaderModifier. */
    record RequestHeaders(Headers changes) implements RouteFilter {}

    /** ResponseHeaderModifier. */
    record ResponseHeaders(Headers changes) implements RouteFilter {}

    /** RequestRedirect. */
    record Redirect(
        Optional<String> scheme,
        Optional<String> host,
        Optional<Integer> port,
        Optional<PathChange> path,
        int status)
        implements RouteFilter {}

    /** URLRewrite. */
    record Rewrite(Optional<String> host, Optional<PathChange> path) implements RouteFilter {}

    /** RequestMirror, of a percentage of the requests. */
    record Mirror(Ref backend, double percent) implements RouteFilter {}

    /** CORS; origins are {@code *}, {@code scheme://host}, or {@code scheme://*.suffix}. */
    record Cors(
        List<String> origins,
        List<String> methods,
        List<String> headers,
        List<String> exposed,
        boolean credentials,
        Duration maxAge)
        implements RouteFilter {}

    /** Header changes. */
    record Headers(List<HttpRoute.Header> set, List<HttpRoute.Header> add, List<String> remove) {}

    /** ReplacePrefixMatch or ReplaceFullPath. */
    record PathChange(Form form, String value) {
      /** Which part of the path is replaced. */
      public enum Form {
        PREFIX,
        FULL
      }
    }
  }

  /** Resilience of calls to a service or over a route (fairlead.io/v1). */
  record ResiliencePolicy(Metadata metadata, List<Ref> targets, ResilienceSettings settings)
      implements Manifest {}

  /**
   * How callers treat the endpoints of a service (Istio networking/v1).
   *
   * @param host a service, or a host of a service entry
   */
  record DestinationRule(Metadata metadata, Ref host, TrafficPolicy policy) implements Manifest {}

  /**
   * Who may call (Istio security/v1).
   *
   * @param targets services; none means all services
   */
  record AuthorizationPolicy(
      Metadata metadata, List<Ref> targets, Action action, List<AccessRule> rules)
      implements Manifest {
    /** What a matching rule means. */
    public enum Action {
      ALLOW,
      DENY
    }

    /** Conditions that must all hold. */
    public record AccessRule(List<Condition> conditions) {
      public AccessRule {
        conditions = List.copyOf(conditions);
      }
    }

    /**
     * One of the values must fit, or none may.
     *
     * @param key as in {@code when}, such as {@code source.principal} or {@code
     *     request.headers[x-a]}; also {@code request.method} and {@code request.path}
     * @param values patterns ({@code *}, {@code abc*}, {@code *abc}, literal), address blocks or
     *     ports, as the key has them
     */
    public record Condition(String key, List<String> values, HttpRoute.Sense sense) {
      public Condition {
        values = List.copyOf(values);
      }
    }
  }

  /**
   * Which tokens are believed (Istio security/v1).
   *
   * @param targets services and gateways; none means all services
   */
  record RequestAuthentication(Metadata metadata, List<Ref> targets, List<JwtRule> rules)
      implements Manifest {
    /**
     * Tokens of one issuer.
     *
     * @param audiences one of them must be the token's; none takes any
     * @param jwksUri where the keys are, or empty where they stand in {@code jwks}
     * @param fromHeaders where tokens are; both places empty means a bearer token or {@code
     *     access_token}
     */
    public record JwtRule(
        String issuer,
        List<String> audiences,
        Optional<String> jwksUri,
        Optional<String> jwks,
        List<FromHeader> fromHeaders,
        List<String> fromParams,
        Forwarding forwarding,
        List<ClaimHeader> claimHeaders) {}

    /** A header and what stands before the token in it. */
    public record FromHeader(String name, String prefix) {}

    /** A claim that a header tells the service. */
    public record ClaimHeader(String header, String claim) {}

    /** Whether the token itself goes on. */
    public enum Forwarding {
      KEPT,
      TAKEN_OUT
    }
  }

  /** What a gateway takes from its clients (fairlead.io/v1). */
  record ClientPolicy(
      Metadata metadata,
      List<Ref> targets,
      int trustedHops,
      List<Cidr> trustedProxies,
      Underscores underscores)
      implements Manifest {
    /** What becomes of headers with an underscore in their name. */
    public enum Underscores {
      ALLOW,
      DROP,
      REFUSE
    }
  }

  /** What HTTPRoute and GRPCRoute have no fields for (fairlead.io/v1). */
  record RoutePolicy(
      Metadata metadata,
      List<Ref> targets,
      Optional<Fault> fault,
      Optional<Limits> limits,
      Optional<HedgeSettings> hedge,
      Optional<Priority> priority)
      implements Manifest {
    /** Bounds of what is asked for; the body in bytes. */
    public record Limits(
        Optional<Long> maxBody, Optional<BodyRate> minBodyRate, Optional<Duration> firstByte) {}

    /** The least pace of a body. */
    public record BodyRate(int bytesPerSecond, Duration window) {}

    /** Faults that are injected into a percentage of the requests that match all headers. */
    public record Fault(
        Optional<Delay> delay, Optional<Abort> abort, List<HttpRoute.ValueMatch> headers) {}

    /** A request is held back. */
    public record Delay(Duration fixed, double percent) {}

    /** A request is answered. */
    public record Abort(int status, double percent) {}
  }

  /** API keys of a route (fairlead.io/v1). */
  record SecurityPolicy(Metadata metadata, List<Ref> targets, String header, List<ApiKey> keys)
      implements Manifest {
    /** A client with the SHA-256 of its key in hexadecimal digits. */
    public record ApiKey(String client, String sha256) {}
  }
}
