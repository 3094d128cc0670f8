package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.config.Cidr;
import io.fairlead.resilience.RateLimitAlgorithm;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.HttpBounds;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.JwtProvider;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** envoy.config.listener.v3.Listener. Stateless. */
final class ListenerDecoder {
  /** The transport protocol of a chain that serves what is no TLS. */
  static final String PLAIN_TEXT = "raw_buffer";

  /** What routes configure, and the router; here they stand only for Envoy. */
  private static final Set<String> ROUTE_FILTERS =
      Set.of(
          TypeUrls.any(TypeUrls.CORS), TypeUrls.any(TypeUrls.FAULT), TypeUrls.any(TypeUrls.ROUTER));

  private ListenerDecoder() {}

  /**
   * Listener: name 1, address 2, filter_chains 3, metadata 6, traffic_direction 16,
   * default_filter_chain 25. FilterChain: filter_chain_match 1 (destination_port 8,
   * transport_protocol 9, server_names 11), filters 3, transport_socket 6.
   */
  static Listener listener(ProtoMessage m) {
    var role =
        switch (m.intNumber(16)) {
          case 1 -> Listener.Role.INBOUND;
          case 2 -> Listener.Role.OUTBOUND;
          default -> Listener.Role.GATEWAY;
        };
    var named = new ArrayList<ServerTls.Named>();
    ProtoMessage main = null;
    ProtoMessage rest = null;
    for (var chain : NativeIntake.chains(m)) {
      var match = chain.message(1);
      if (filter(chain).message(4).text(1).equals(TypeUrls.any(TypeUrls.TCP_PROXY))) {
        // Which connections are TCP stands in the metadata; a chain is missing for HTTP alone.
        if (!match.has(11)) {
          rest = chain;
        } else if (chain.has(6)) {
          addNamed(match.texts(11), chain, named);
        }
      } else if (match.has(11)) {
        addNamed(match.texts(11), chain, named);
      } else if (main == null || main.message(1).text(9).equals(PLAIN_TEXT)) {
        main = chain;
      } else if (!match.text(9).equals(PLAIN_TEXT)) {
        throw new DecodeException("filter_chains: only one may match every server name");
      }
    }
    var chain = main == null ? rest : main;
    var manager =
        main == null
            ? ProtoMessage.parse(ByteString.EMPTY)
            : filter(main).any(4, TypeUrls.HTTP_CONNECTION_MANAGER);
    var policy = ClusterDecoder.typedMetadata(m.message(6), TypeUrls.LISTENER_POLICY);
    return new Listener(
        m.text(1),
        Decoder.address(m.message(2)),
        role,
        chain == null
            ? Optional.empty()
            : chain.optional(6).map(socket -> serverTls(socket, named)),
        httpFilters(manager),
        manager.message(3).text(2),
        manager.message(7).message(4).doubleNumber(1),
        trust(manager),
        policy.map(IntakeWire::intake).or(() -> NativeIntake.intake(m)),
        policy.map(IntakeWire::accessLogs).orElse(List.of()),
        main == null ? Optional.empty() : Optional.of(bounds(manager, policy)));
  }

  /**
   * HttpConnectionManager: xff_num_trusted_hops 19, common_http_protocol_options 35
   * (headers_with_underscores_action 5), original_ip_detection_extensions 46. XffConfig:
   * xff_trusted_cidrs 2 (cidrs 1).
   */
  private static ClientTrust trust(ProtoMessage manager) {
    var proxies = new ArrayList<Cidr>();
    for (var extension : manager.messages(46)) {
      for (var range : extension.any(2, TypeUrls.XFF).message(2).messages(1)) {
        proxies.add(RbacDecoder.block(range));
      }
    }
    var underscores =
        switch (manager.message(35).intNumber(5)) {
          case 1 -> ClientTrust.Underscores.REFUSE;
          case 2 -> ClientTrust.Underscores.DROP;
          default -> ClientTrust.Underscores.ALLOW;
        };
    return new ClientTrust(manager.intNumber(19), proxies, underscores);
  }

  /**
   * HttpConnectionManager: http2_protocol_options 9, max_request_headers_kb 29.
   * Http2ProtocolOptions: max_concurrent_streams 2, initial_stream_window_size 3,
   * initial_connection_window_size 4, max_consecutive_inbound_frames_with_empty_payload 9. A window
   * or number beyond what a data plane bears is the nearest that it does, since only peers without
   * our control plane say such.
   */
  private static HttpBounds bounds(ProtoMessage manager, Optional<ProtoMessage> policy) {
    var usual = HttpBounds.USUAL;
    var http2 = manager.message(9);
    int stream = number(http2, 3, usual.streamWindowBytes(), 65_535, 16 << 20);
    int connection = number(http2, 4, usual.connectionWindowBytes(), stream, 256 << 20);
    int resets = policy.map(own -> own.intNumber(6)).orElse(0);
    return new HttpBounds(
        number(http2, 2, usual.maxStreams(), 1, 1_000_000),
        stream,
        Math.max(stream, connection),
        resets == 0 ? usual.maxResets() : resets,
        number(http2, 9, usual.maxIdleFrames(), 10, 1_000_000),
        number(manager, 29, usual.maxHeadKib(), 0, 8_192));
  }

  /** A UInt32Value: value 1. */
  private static int number(ProtoMessage m, int field, int otherwise, int least, int most) {
    return m.optional(field)
        .map(value -> Math.clamp(value.intNumber(1) & 0xffff_ffffL, least, most))
        .orElse(otherwise);
  }

  private static ProtoMessage filter(ProtoMessage chain) {
    var filters = chain.messages(3);
    if (filters.size() != 1) {
      throw new DecodeException("filters: must be one, were " + filters.size());
    }
    return filters.getFirst();
  }

  /**
   * TransportSocket: typed_config 3. DownstreamTlsContext: common 1, require_client 2,
   * ocsp_staple_policy 8.
   */
  private static ServerTls serverTls(ProtoMessage socket, List<ServerTls.Named> named) {
    var context = socket.any(3, TypeUrls.DOWNSTREAM_TLS);
    var common = context.message(1);
    boolean required = context.message(2).flag(1);
    var all = new ArrayList<>(named);
    common.messages(6).stream()
        .skip(1)
        .forEach(other -> all.add(new ServerTls.Named("*", other.text(1))));
    return new ServerTls(
        certificate(common),
        required ? Optional.of(peerValidation(common)) : Optional.empty(),
        all,
        Optional.of(
            switch (context.intNumber(8)) {
              case 0 -> ServerTls.Stapling.LENIENT;
              case 1 -> ServerTls.Stapling.STRICT;
              case 2 -> ServerTls.Stapling.MUST_STAPLE;
              default -> throw new DecodeException("ocsp_staple_policy: is unknown");
            }));
  }

  /** The chains of particular servers differ from the one of all in their certificates only. */
  private static void addNamed(
      List<String> hosts, ProtoMessage chain, List<ServerTls.Named> named) {
    var common = chain.message(6).any(3, TypeUrls.DOWNSTREAM_TLS).message(1);
    for (var host : hosts) {
      for (var certificate : common.messages(6)) {
        named.add(new ServerTls.Named(host, certificate.text(1)));
      }
    }
  }

  /** CommonTlsContext: tls_certificate_sds_secret_configs 6 (name 1). */
  static String certificate(ProtoMessage common) {
    return common.has(6) ? common.messages(6).getFirst().text(1) : "";
  }

  /**
   * CommonTlsContext: combined_validation_context 8 (default_validation_context 1:
   * match_typed_subject_alt_names 15; validation_context_sds_secret_config 2: name 1), or
   * validation_context 3 with the roots of the system.
   */
  static PeerValidation peerValidation(ProtoMessage common) {
    if (common.has(3)) {
      return new PeerValidation(MeshSettings.SYSTEM_ROOTS, identities(common.message(3)));
    }
    var combined = common.message(8);
    return new PeerValidation(combined.message(2).text(1), identities(combined.message(1)));
  }

  private static List<StringMatch> identities(ProtoMessage context) {
    var identities = new ArrayList<StringMatch>();
    for (var name : context.messages(15)) {
      if (name.intNumber(1) != 3) {
        throw new DecodeException("match_typed_subject_alt_names: only URI is supported");
      }
      identities.add(Decoder.stringMatch(name.message(2)));
    }
    return identities;
  }

  /** HttpFilter: name 1, typed_config 4; the last must be the router. */
  private static List<HttpFilter> httpFilters(ProtoMessage manager) {
    var filters = new ArrayList<HttpFilter>();
    for (var filter : manager.messages(5)) {
      var type = filter.message(4).text(1);
      if (filter.text(1).startsWith(TypeUrls.ENVOY_ALONE)) {
        continue;
      }
      if (type.equals(TypeUrls.any(TypeUrls.RBAC))) {
        filters.add(rbac(filter.any(4, TypeUrls.RBAC)));
      } else if (type.equals(TypeUrls.any(TypeUrls.LOCAL_RATE_LIMIT))) {
        filters.add(rateLimit(filter.any(4, TypeUrls.LOCAL_RATE_LIMIT)));
      } else if (type.equals(TypeUrls.any(TypeUrls.EXT_AUTHZ))) {
        filters.add(ExternalDecoder.filter(filter.any(4, TypeUrls.EXT_AUTHZ)));
      } else if (type.equals(TypeUrls.any(TypeUrls.JWT))) {
        filters.add(jwt(filter.any(4, TypeUrls.JWT)));
      } else if (!ROUTE_FILTERS.contains(type)) {
        throw new DecodeException("http filter '" + filter.text(1) + "' is not supported");
      }
    }
    return filters;
  }

  /**
   * LocalRateLimit: stat_prefix 1, token_bucket 3 (max_tokens 1, tokens_per_fill 2, fill_interval
   * 3). Envoy knows the token bucket alone; another algorithm is named by the prefix.
   */
  private static HttpFilter rateLimit(ProtoMessage m) {
    var bucket = m.message(3);
    var algorithm =
        switch (m.text(1)) {
          case "local_rate_limit_sliding_window" -> RateLimitAlgorithm.SLIDING_WINDOW;
          case "local_rate_limit_leaky_bucket" -> RateLimitAlgorithm.LEAKY_BUCKET;
          default -> RateLimitAlgorithm.TOKEN_BUCKET;
        };
    return new HttpFilter.LocalRateLimit(
        new RateLimitSettings(bucket.intNumber(1), bucket.duration(3), algorithm));
  }

  /**
   * JwtAuthentication: providers 1, a map of name to JwtProvider. JwtProvider: issuer 1, audiences
   * 2, remote_jwks 3 (http_uri 1: uri 1), local_jwks 4, forward 5, from_headers 6 (name 1,
   * value_prefix 2), from_params 7, claim_to_headers 15 (header_name 1, claim_name 2).
   */
  private static HttpFilter jwt(ProtoMessage filter) {
    var providers = new ArrayList<JwtProvider>();
    for (var entry : filter.messages(1)) {
      var m = entry.message(2);
      providers.add(
          new JwtProvider(
              m.text(1),
              m.texts(2),
              m.has(3)
                  ? new JwtProvider.Keys.Remote(m.message(3).message(1).text(1))
                  : new JwtProvider.Keys.Inline(Decoder.dataSource(m.message(4))),
              m.messages(6).stream()
                  .map(h -> new JwtProvider.FromHeader(h.text(1), h.text(2)))
                  .toList(),
              m.texts(7),
              m.flag(5) ? JwtProvider.Forwarding.KEPT : JwtProvider.Forwarding.TAKEN_OUT,
              m.messages(15).stream()
                  .map(h -> new JwtProvider.ClaimHeader(h.text(1), h.text(2)))
                  .toList()));
    }
    return new HttpFilter.JwtAuthentication(providers);
  }

  /** RBAC: rules 1 (action 1, policies 2: map of name to Policy). */
  private static HttpFilter rbac(ProtoMessage m) {
    var rules = m.message(1);
    var action =
        switch (rules.intNumber(1)) {
          case 0 -> HttpFilter.Rbac.Action.ALLOW;
          case 1 -> HttpFilter.Rbac.Action.DENY;
          default -> throw new DecodeException("rbac action: only ALLOW and DENY are supported");
        };
    var policies =
        rules.messages(2).stream()
            .map(entry -> RbacDecoder.policy(entry.text(1), entry.message(2)))
            .toList();
    return new HttpFilter.Rbac(action, policies);
  }
}
