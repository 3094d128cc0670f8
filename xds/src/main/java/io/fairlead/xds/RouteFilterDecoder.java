package io.fairlead.xds;

import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.RouteFilters.Cors;
import io.fairlead.traffic.RouteFilters.FaultInjection;
import io.fairlead.traffic.RouteFilters.Mirror;
import io.fairlead.traffic.Share;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** What routes do beside their action. Stateless. */
final class RouteFilterDecoder {
  private RouteFilterDecoder() {}

  /**
   * Route: route 2 (request_mirror_policies 30), typed_per_filter_config 13, a map of the filter's
   * name to Any.
   */
  static RouteFilters filters(ProtoMessage m, Optional<ProtoMessage> policy) {
    Optional<FaultInjection> fault = Optional.empty();
    Optional<Cors> cors = Optional.empty();
    for (var entry : m.messages(13)) {
      if (entry.text(1).startsWith(TypeUrls.ENVOY_ALONE)) {
        continue;
      }
      var type = entry.message(2).text(1);
      if (type.equals(TypeUrls.any(TypeUrls.FAULT))) {
        fault = Optional.of(fault(entry.any(2, TypeUrls.FAULT)));
      } else if (type.equals(TypeUrls.any(TypeUrls.CORS_POLICY))) {
        cors = Optional.of(cors(entry.any(2, TypeUrls.CORS_POLICY)));
      } else {
        throw new DecodeException(
            "typed_per_filter_config '" + entry.text(1) + "' is not supported");
      }
    }
    return new RouteFilters(
        m.message(2).messages(30).stream().map(RouteFilterDecoder::mirror).toList(),
        fault,
        cors,
        policy.filter(p -> p.has(3)).map(p -> p.duration(3)),
        policy.flatMap(PolicyWire::hedge),
        policy.map(PolicyWire::limits).orElse(RouteFilters.Limits.NONE),
        new TreeSet<>(policy.map(p -> p.numbers(4)).orElse(List.of())),
        policy.flatMap(RateLimitWire::limit),
        policy.flatMap(PolicyWire::priority));
  }

  /** RequestMirrorPolicy: cluster 1, runtime_fraction 3 (default_value 1). */
  private static Mirror mirror(ProtoMessage m) {
    return new Mirror(m.text(1), m.has(3) ? share(m.message(3).message(1)) : Share.ALL);
  }

  /** FractionalPercent: numerator 1, denominator 2 (0 a hundred, 1 ten thousand, 2 a million). */
  private static Share share(ProtoMessage m) {
    long factor =
        switch (m.intNumber(2)) {
          case 0 -> 10_000;
          case 1 -> 100;
          default -> 1;
        };
    return new Share((int) Math.clamp(m.number(1) * factor, 0, Share.WHOLE));
  }

  /**
   * CorsPolicy: allow_origin_string_match 1, allow_methods 2, allow_headers 3, expose_headers 4,
   * max_age 5, allow_credentials 6.
   */
  private static Cors cors(ProtoMessage m) {
    var age = m.text(5);
    if (!age.matches("\\d{0,9}")) {
      throw new DecodeException("max_age: must be seconds, was '" + age + "'");
    }
    return new Cors(
        m.messages(1).stream().map(Decoder::stringMatch).toList(),
        list(m.text(2)),
        list(m.text(3)),
        list(m.text(4)),
        m.message(6).flag(1) ? Cors.Credentials.ALLOWED : Cors.Credentials.WITHHELD,
        Duration.ofSeconds(age.isEmpty() ? 0 : Long.parseLong(age)));
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).filter(t -> !t.isEmpty()).toList();
  }

  /**
   * HTTPFault: delay 1 (fixed_delay 3, percentage 4), abort 2 (http_status 2, percentage 3),
   * headers 4.
   */
  private static FaultInjection fault(ProtoMessage m) {
    return new FaultInjection(
        m.optional(1).map(d -> new FaultInjection.Delay(d.duration(3), share(d.message(4)))),
        m.optional(2).map(a -> new FaultInjection.Abort(a.intNumber(2), share(a.message(3)))),
        m.messages(4).stream().map(RouteMatchDecoder::header).toList());
  }
}
