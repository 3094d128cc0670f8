package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.StringMatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * xDS bytes to the traffic model: the inverse of the control plane's encoder. Stateless.
 *
 * <p>Field numbers are those of the Envoy API, version 3.
 */
public final class Decoder {
  private Decoder() {}

  /**
   * Reads one resource.
   *
   * @param typeUrl one of {@link TypeUrls}
   * @param bytes the message without its Any
   * @throws DecodeException naming the field that is wrong or not supported
   */
  public static Resource decode(String typeUrl, ByteString bytes) {
    return decode(typeUrl, bytes, Texts.none());
  }

  /** As {@link #decode(String, ByteString)}, with texts that others have too. */
  static Resource decode(String typeUrl, ByteString bytes, Texts texts) {
    return decode(typeUrl, ProtoMessage.parse(bytes, texts), KnownRoutes.none());
  }

  /**
   * Reads a route table that takes the place of another one. Virtual hosts and routes whose octets
   * stood there too are the same objects, so that what was made of them is kept with them.
   *
   * @param octetsBefore what {@code before} was decoded from
   * @throws DecodeException naming the field that is wrong or not supported
   */
  public static RouteTable decode(ByteString bytes, RouteTable before, ByteString octetsBefore) {
    return decode(bytes, before, octetsBefore, Texts.none());
  }

  static RouteTable decode(
      ByteString bytes, RouteTable before, ByteString octetsBefore, Texts texts) {
    var message = ProtoMessage.parse(bytes, texts);
    return (RouteTable) decode(TypeUrls.ROUTE, message, KnownRoutes.of(before, octetsBefore));
  }

  private static Resource decode(String typeUrl, ProtoMessage message, KnownRoutes routes) {
    try {
      if (typeUrl.equals(TypeUrls.LISTENER)) {
        return ListenerDecoder.listener(message);
      }
      if (typeUrl.equals(TypeUrls.ROUTE)) {
        return RouteDecoder.table(message, routes);
      }
      if (typeUrl.equals(TypeUrls.CLUSTER)) {
        return ClusterDecoder.cluster(message);
      }
      if (typeUrl.equals(TypeUrls.ENDPOINT)) {
        return new Endpoints(message.text(1), endpoints(message));
      }
      if (typeUrl.equals(TypeUrls.SECRET)) {
        return secret(message);
      }
    } catch (IllegalArgumentException broken) {
      throw new DecodeException(String.valueOf(broken.getMessage()));
    }
    throw new DecodeException("type '" + typeUrl + "' is not supported");
  }

  /**
   * ClusterLoadAssignment: endpoints 2. LocalityLbEndpoints: locality 1 (region 1, zone 2, sub_zone
   * 3), lb_endpoints 2, priority 5.
   */
  static List<Endpoint> endpoints(ProtoMessage assignment) {
    var endpoints = new ArrayList<Endpoint>();
    for (var locality : assignment.messages(2)) {
      var place = locality.optional(1).map(Decoder::locality).orElse(Locality.NONE);
      for (var lb : locality.messages(2)) {
        var endpoint = lb.message(1);
        var health =
            switch (lb.intNumber(2)) {
              case 0, 1 -> Endpoint.Health.HEALTHY;
              case 3 -> Endpoint.Health.DRAINING;
              default -> Endpoint.Health.UNHEALTHY;
            };
        int weight = lb.has(4) ? lb.message(4).intNumber(1) : 1;
        var address = address(endpoint.message(1));
        var id = endpoint.text(3).isEmpty() ? address.toString() : endpoint.text(3);
        endpoints.add(new Endpoint(id, address, weight, locality.intNumber(5), place, health));
      }
    }
    return endpoints;
  }

  private static Locality locality(ProtoMessage place) {
    return new Locality(place.text(1), place.text(2), place.text(3));
  }

  /** Address: socket_address 1 (address 2, port_value 3). */
  static HostPort address(ProtoMessage address) {
    if (!address.has(1)) {
      throw new DecodeException("address: only socket_address is supported");
    }
    var socket = address.message(1);
    return new HostPort(socket.text(2), socket.intNumber(3));
  }

  /** StringMatcher: exact 1, prefix 2, suffix 3, safe_regex 5 (regex 2), contains 7. */
  static StringMatch stringMatch(ProtoMessage matcher) {
    if (matcher.flag(6) || matcher.has(8)) {
      throw new DecodeException("string matcher: ignore_case and custom are not supported");
    }
    if (matcher.has(2)) {
      return new StringMatch.Prefix(matcher.text(2));
    }
    if (matcher.has(3)) {
      return new StringMatch.Suffix(matcher.text(3));
    }
    if (matcher.has(5)) {
      return StringMatch.regex(matcher.message(5).text(2));
    }
    if (matcher.has(7)) {
      return new StringMatch.Contains(matcher.text(7));
    }
    return new StringMatch.Exact(matcher.text(1));
  }

  /** Secret: name 1, tls_certificate 2, validation_context 4. */
  private static Secret secret(ProtoMessage secret) {
    var name = secret.text(1);
    if (secret.has(2)) {
      var certificate = secret.message(2);
      // TlsCertificate: certificate_chain 1, private_key 2, ocsp_staple 4 (inline_bytes 2).
      var staple = certificate.message(4).bytes(2).toByteArray();
      return new Secret.Certificate(
          name,
          dataSource(certificate.message(1)),
          dataSource(certificate.message(2)),
          Optional.of(Base64.getEncoder().encodeToString(staple)));
    }
    if (!secret.has(4)) {
      throw new DecodeException("secret: only tls_certificate and validation_context are known");
    }
    var context = secret.message(4);
    if (!context.has(12)) {
      return new Secret.Validation(name, dataSource(context.message(1)), "");
    }
    var spiffe = context.message(12).any(2, TypeUrls.SPIFFE_VALIDATOR);
    var domains = spiffe.messages(1);
    if (domains.size() != 1) {
      throw new DecodeException("trust_domains: must be one, were " + domains.size());
    }
    var domain = domains.getFirst();
    return new Secret.Validation(name, dataSource(domain.message(2)), domain.text(1));
  }

  /** DataSource: inline_bytes 2, inline_string 3. */
  static String dataSource(ProtoMessage source) {
    if (source.has(1) || source.has(4)) {
      throw new DecodeException("data source: must be inline");
    }
    return source.has(3) ? source.text(3) : source.bytes(2).toString(StandardCharsets.UTF_8);
  }
}
