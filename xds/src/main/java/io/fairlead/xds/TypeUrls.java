package io.fairlead.xds;

/** Names of the message types on the wire. */
public final class TypeUrls {
  public static final String LISTENER = any("envoy.config.listener.v3.Listener");
  public static final String ROUTE = any("envoy.config.route.v3.RouteConfiguration");
  public static final String CLUSTER = any("envoy.config.cluster.v3.Cluster");
  public static final String ENDPOINT = any("envoy.config.endpoint.v3.ClusterLoadAssignment");
  public static final String SECRET = any("envoy.extensions.transport_sockets.tls.v3.Secret");

  /** Key of our typed metadata in clusters and routes, and prefix of its message names. */
  public static final String POLICY = "fairlead.policy.v1";

  /** What our metadata is wrapped in. */
  static final String BYTES_VALUE = "google.protobuf.BytesValue";

  /** Names of filters that stand there for Envoy alone begin so; we read the same elsewhere. */
  public static final String ENVOY_ALONE = "fairlead.envoy.";

  /** Key and message type of a cluster's protocol options. */
  public static final String HTTP_PROTOCOL_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  static final String HTTP_CONNECTION_MANAGER =
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  static final String RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC";
  static final String LOCAL_RATE_LIMIT =
      "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
  static final String CORS = "envoy.extensions.filters.http.cors.v3.Cors";
  static final String CORS_POLICY = "envoy.extensions.filters.http.cors.v3.CorsPolicy";
  static final String FAULT = "envoy.extensions.filters.http.fault.v3.HTTPFault";
  static final String XFF = "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig";
  static final String JWT = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
  static final String EXT_AUTHZ = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";
  static final String ROUTER = "envoy.extensions.filters.http.router.v3.Router";
  static final String DOWNSTREAM_TLS =
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
  static final String UPSTREAM_TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  static final String SPIFFE_VALIDATOR =
      "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig";
  static final String URI_TEMPLATE =
      "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
  static final String NOT_MATCHER = POLICY + ".NotMatcher";
  static final String CLUSTER_POLICY = POLICY + ".ClusterPolicy";
  static final String LISTENER_POLICY = POLICY + ".ListenerPolicy";
  static final String TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  static final String ORIGINAL_DST =
      "envoy.extensions.filters.listener.original_dst.v3.OriginalDst";
  static final String UPSTREAM_PROXY_PROTOCOL =
      "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport";
  static final String ROUTE_POLICY = POLICY + ".RoutePolicy";

  private TypeUrls() {}

  static String any(String type) {
    return "type.googleapis.com/" + type;
  }
}
