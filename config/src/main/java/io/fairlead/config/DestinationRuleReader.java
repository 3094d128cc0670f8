package io.fairlead.config;

import io.fairlead.config.Manifest.DestinationRule;
import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import io.fairlead.config.TrafficPolicy.ConnectionPool;
import io.fairlead.config.TrafficPolicy.HashAlgorithm;
import io.fairlead.config.TrafficPolicy.HashKey;
import io.fairlead.config.TrafficPolicy.LoadBalancer;
import io.fairlead.config.TrafficPolicy.OutlierDetection;
import io.fairlead.config.TrafficPolicy.Warmup;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads the spec of a DestinationRule (Istio networking/v1), as far as proxies enforce it. */
final class DestinationRuleReader {
  private static final int MOST_POINTS = 8 << 20;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int MOST_AT_A_TIME = 1_000_000;
  private static final int MOST_PLACES = 5_000_011;

  private static final TrafficPolicy.Http UNBOUNDED =
      new TrafficPolicy.Http(Optional.empty(), Optional.empty(), Optional.empty());

  private DestinationRuleReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    var host = spec.requireText("host").toLowerCase(Locale.ROOT);
    var policy =
        spec.requireObject("trafficPolicy", DestinationRuleReader::policy)
            .orElse(
                new TrafficPolicy(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()));
    var ref = new Ref("Service", service(host), "spec.host", spec.position("host"));
    return new DestinationRule(metadata, ref, policy);
  }

  /** The short name of a service whose host is written out as Kubernetes does. */
  private static String service(String host) {
    return host.replaceAll("\\.default(\\.svc(\\.cluster\\.local)?)?$", "");
  }

  private static TrafficPolicy policy(Fields f) {
    var balancing = f.object("loadBalancer", DestinationRuleReader::balancing);
    return new TrafficPolicy(
        balancing.flatMap(Balancing::balancer),
        balancing.flatMap(Balancing::warmup),
        f.object("outlierDetection", DestinationRuleReader::outliers),
        f.object("connectionPool", DestinationRuleReader::connectionPool),
        balancing.flatMap(Balancing::localities));
  }

  private static ConnectionPool connectionPool(Fields f) {
    record Tcp(Optional<Integer> connections, Optional<Duration> duration) {}
    record Http(
        Optional<Integer> pending,
        Optional<Integer> requests,
        Optional<Integer> perConnection,
        TrafficPolicy.Http bounds) {}
    var tcp =
        f.object(
                "tcp",
                at ->
                    new Tcp(
                        at.integer("maxConnections", 1, MOST_AT_A_TIME),
                        time(at, "maxConnectionDuration", HOUR.multipliedBy(24 * 365))))
            .orElse(new Tcp(Optional.empty(), Optional.empty()));
    var http =
        f.object(
                "http",
                at ->
                    new Http(
                        at.integer("http1MaxPendingRequests", 0, MOST_AT_A_TIME),
                        at.integer("http2MaxRequests", 1, MOST_AT_A_TIME),
                        // Istio writes 0 for no bound.
                        at.integer("maxRequestsPerConnection", 0, MOST_AT_A_TIME)
                            .filter(most -> most > 0),
                        bounds(at)))
            .orElse(new Http(Optional.empty(), Optional.empty(), Optional.empty(), UNBOUNDED));
    return new ConnectionPool(
        tcp.connections,
        http.pending,
        http.requests,
        http.perConnection,
        tcp.duration,
        f.object(
            "preconnect",
            at ->
                new TrafficPolicy.Preconnect(
                    at.number("perUpstreamRatio", 1, 3).orElse(1.0),
                    at.number("predictiveRatio", 1, 3).orElse(1.0))),
        http.bounds);
  }

  /** The streams are Istio's; it has nothing for heads. */
  private static TrafficPolicy.Http bounds(Fields at) {
    var head = at.size("maxResponseHead");
    if (head.isPresent() && (head.get() < 1 << 10 || head.get() > 32 << 10)) {
      at.fault("maxResponseHead", "must be 1KiB to 32KiB");
      head = Optional.empty();
    }
    return new TrafficPolicy.Http(
        at.integer("maxConcurrentStreams", 1, 1_000_000),
        head.map(octets -> (int) (octets >> 10)),
        at.integer("maxResponseHeaders", 1, 10_000));
  }

  private static OutlierDetection outliers(Fields f) {
    return new OutlierDetection(
        f.integer("consecutive5xxErrors", 0, 1_000_000),
        f.integer("consecutiveGatewayErrors", 0, 1_000_000),
        time(f, "interval", HOUR),
        time(f, "baseEjectionTime", HOUR.multipliedBy(24)),
        f.integer("maxEjectionPercent", 0, 100),
        f.integer("minHealthPercent", 0, 100));
  }

  private static Optional<Duration> time(Fields f, String key, Duration most) {
    var time = f.duration(key);
    if (time.isPresent() && (time.get().isZero() || time.get().compareTo(most) > 0)) {
      f.fault(key, "must be 1ms to " + most.toHours() + "h");
      return Optional.empty();
    }
    return time;
  }

  /** The concerns of loadBalancer. */
  private record Balancing(
      Optional<LoadBalancer> balancer,
      Optional<Warmup> warmup,
      Optional<TrafficPolicy.Localities> localities) {}

  private static Balancing balancing(Fields f) {
    var balancer = loadBalancer(f);
    var warmup = f.object("warmup", DestinationRuleReader::warmup).flatMap(read -> read);
    boolean grows =
        balancer
            .map(b -> b instanceof LoadBalancer.Simple && b != LoadBalancer.Simple.RANDOM)
            .orElse(true);
    if (f.has("warmup") && !grows) {
      f.fault("warmup", "must stand beside LEAST_REQUEST, ROUND_ROBIN or PEAK_EWMA");
    }
    var localities = f.object("localityLbSetting", LocalityReader::read).flatMap(read -> read);
    return new Balancing(balancer, warmup, localities);
  }

  private static Optional<Warmup> warmup(Fields f) {
    var duration = time(f, "duration", HOUR.multipliedBy(24));
    if (!f.has("duration")) {
      f.require("duration");
    }
    double least = f.number("minimumPercent", 0, 100).orElse(10.0);
    double aggression = f.number("aggression", 0.01, 100).orElse(1.0);
    return duration.map(d -> new Warmup(d, least, aggression));
  }

  private static Optional<LoadBalancer> loadBalancer(Fields f) {
    if (f.has("simple") && f.has("consistentHash")) {
      f.fault("simple", "must not stand beside consistentHash");
    } else if (!f.has("simple")
        && !f.has("consistentHash")
        && !f.has("warmup")
        && !f.has("localityLbSetting")) {
      f.fault("simple", "or consistentHash, warmup or localityLbSetting is required");
    }
    Optional<LoadBalancer> hash = f.object("consistentHash", DestinationRuleReader::hash);
    var simple = simple(f);
    return hash.or(() -> simple);
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
