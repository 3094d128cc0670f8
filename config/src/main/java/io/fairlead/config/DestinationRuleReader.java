package io.fairlead.config;

import io.fairlead.config.Manifest.DestinationRule;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import io.fairlead.config.TrafficPolicy.HashAlgorithm;
import io.fairlead.config.TrafficPolicy.HashKey;
import io.fairlead.config.TrafficPolicy.LoadBalancer;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads the spec of a DestinationRule (Istio networking/v1), as far as proxies enforce it. */
final class DestinationRuleReader {
  private static final int MOST_POINTS = 8 << 20;
  private static final int MOST_PLACES = 5_000_011;

  private DestinationRuleReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var host = spec.requireText("host").toLowerCase(Locale.ROOT);
    var policy =
        spec.requireObject("trafficPolicy", DestinationRuleReader::policy)
            .orElse(new TrafficPolicy(Optional.empty()));
    var ref = new Ref("Service", service(host), "spec.host", spec.position("host"));
    return new DestinationRule(metadata, ref, policy);
  }

  /** The short name of a service whose host is written out as Kubernetes does. */
  private static String service(String host) {
    return host.replaceAll("\\.default(\\.svc(\\.cluster\\.local)?)?$", "");
  }

  private static TrafficPolicy policy(Fields f) {
    return new TrafficPolicy(
        f.object("loadBalancer", DestinationRuleReader::loadBalancer).flatMap(b -> b));
  }

  private static Optional<LoadBalancer> loadBalancer(Fields f) {
    if (f.has("simple") == f.has("consistentHash")) {
      f.fault("simple", "or consistentHash must stand there, and not both");
    }
    Optional<LoadBalancer> hash = f.object("consistentHash", DestinationRuleReader::hash);
    return hash.or(() -> simple(f));
  }

  private static Optional<LoadBalancer> simple(Fields f) {
    var names = new ArrayList<String>();
    Arrays.stream(LoadBalancer.Simple.values()).map(Enum::name).forEach(names::add);
    // Istio's old name.
    names.add("LEAST_CONN");
    return f.choice("simple", names)
        .map(name -> name.equals("LEAST_CONN") ? "LEAST_REQUEST" : name)
        .map(LoadBalancer.Simple::valueOf);
  }

  private static LoadBalancer hash(Fields f) {
    var keys = new ArrayList<HashKey>();
    f.text("httpHeaderName").map(DestinationRuleReader::header).ifPresent(keys::add);
    f.object("httpCookie", DestinationRuleReader::cookie).ifPresent(keys::add);
    f.choice("useSourceIp", List.of("true", "false"))
        .filter("true"::equals)
        .ifPresent(yes -> keys.add(new HashKey.SourceIp()));
    f.text("httpQueryParameterName").map(HashKey.HttpQueryParameter::new).ifPresent(keys::add);
    if (keys.size() != 1) {
      throw new IllegalArgumentException(
          "must have one of httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName");
    }
    var ring = f.object("ringHash", DestinationRuleReader::ring);
    var maglev = f.object("maglev", DestinationRuleReader::maglev);
    if (ring.isPresent() && maglev.isPresent()) {
      f.fault("maglev", "must not stand beside ringHash");
    }
    return new LoadBalancer.ConsistentHash(
        keys.getFirst(), maglev.or(() -> ring).orElse(new HashAlgorithm.RingHash(1024)));
  }

  private static HashKey header(String name) {
    if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")) {
      throw new IllegalArgumentException("must be a token (RFC 9110 section 5.6.2)");
    }
    return new HashKey.HttpHeader(name.toLowerCase(Locale.ROOT));
  }

  private static HashKey cookie(Fields f) {
    var name = f.requireText("name");
    if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}") && !name.equals("?")) {
      f.fault("name", "must be a token (RFC 6265 section 4.1.1)");
    }
    var path = f.text("path").orElse("");
    if (!path.matches("(/[ -~&&[^;]]{0,1023})?")) {
      f.fault("path", "must begin with / and hold neither control characters nor ;");
    }
    return new HashKey.HttpCookie(name, path, f.duration("ttl"));
  }

  private static HashAlgorithm ring(Fields f) {
    return new HashAlgorithm.RingHash(f.integer("minimumRingSize", 1, MOST_POINTS).orElse(1024));
  }

  private static HashAlgorithm maglev(Fields f) {
    int size = f.integer("tableSize", 2, MOST_PLACES).orElse(65_537);
    if (!BigInteger.valueOf(size).isProbablePrime(30)) {
      f.fault("tableSize", "must be a prime");
    }
    return new HashAlgorithm.Maglev(size);
  }
}
