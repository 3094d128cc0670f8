package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import io.fairlead.config.Manifest.ResiliencePolicy;
import io.fairlead.config.Manifest.SecurityPolicy;
import io.fairlead.config.Manifest.Service;
import io.fairlead.config.Manifest.ServiceEntry;
import io.fairlead.config.Manifest.ServiceEntry.PortProtocol;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Reads one document by its kind. Confined to one thread. */
final class ManifestReader {
  private static final String GATEWAY_API = "gateway.networking.k8s.io/v1";
  private static final String STREAM_API = "gateway.networking.k8s.io/v1alpha2";
  private static final String ISTIO_SECURITY = "security.istio.io/v1";
  private static final String FAIRLEAD_API = "fairlead.io/v1";

  /** What policies of routes are attached to. */
  static final List<String> ROUTES = List.of("HTTPRoute", "GRPCRoute");

  /** A kind's API version and the reader of its spec, or of the document if it has no spec. */
  private record Kind(String apiVersion, Body body, BiFunction<Metadata, Fields, Manifest> reader) {
    Kind(String apiVersion, BiFunction<Metadata, Fields, Manifest> reader) {
      this(apiVersion, Body.SPEC, reader);
    }
  }

  /** Where the content of a kind stands. */
  private enum Body {
    SPEC,
    DOCUMENT
  }

  private final Faults faults;
  private final Manifests.ReferencedFiles files;
  private final Map<String, Kind> kinds;

  ManifestReader(Faults faults, Manifests.ReferencedFiles files) {
    this.faults = faults;
    this.files = files;
    var secrets = new SecretReader(files);
    this.kinds =
        Map.ofEntries(
            Map.entry("Service", new Kind("v1", this::service)),
            Map.entry("ServiceEntry", new Kind("networking.istio.io/v1", this::serviceEntry)),
            Map.entry("Gateway", new Kind(GATEWAY_API, GatewayReader::read)),
            Map.entry("HTTPRoute", new Kind(GATEWAY_API, HttpRouteReader::read)),
            Map.entry("GRPCRoute", new Kind(GATEWAY_API, GrpcRouteReader::read)),
            Map.entry("ResiliencePolicy", new Kind(FAIRLEAD_API, this::resiliencePolicy)),
            Map.entry("AuthorizationPolicy", new Kind(ISTIO_SECURITY, AccessReader::policy)),
            Map.entry(
                "RequestAuthentication",
                new Kind(ISTIO_SECURITY, RequestAuthenticationReader::read)),
            Map.entry(
                "ExternalAuthorization",
                new Kind(FAIRLEAD_API, RequestAuthenticationReader::external)),
            Map.entry("ClientPolicy", new Kind(FAIRLEAD_API, AccessReader::clientPolicy)),
            Map.entry(
                "DestinationRule", new Kind("networking.istio.io/v1", DestinationRuleReader::read)),
            Map.entry("BackendTLSPolicy", new Kind(GATEWAY_API, BackendTlsReader::read)),
            Map.entry("HealthCheckPolicy", new Kind(FAIRLEAD_API, HealthCheckReader::read)),
            Map.entry("RoutePolicy", new Kind(FAIRLEAD_API, RoutePolicyReader::read)),
            Map.entry("SecurityPolicy", new Kind(FAIRLEAD_API, this::securityPolicy)),
            Map.entry("TCPRoute", new Kind(STREAM_API, StreamRouteReader::tcp)),
            Map.entry("TLSRoute", new Kind(STREAM_API, StreamRouteReader::tls)),
            Map.entry("PeerAuthentication", new Kind(ISTIO_SECURITY, this::peerAuthentication)),
            Map.entry("RateLimitPolicy", new Kind(FAIRLEAD_API, RateLimitReader::policy)),
            Map.entry("RateLimitDomain", new Kind(FAIRLEAD_API, RateLimitReader::domain)),
            Map.entry("AccessLog", new Kind(FAIRLEAD_API, AccessLogReader::read)),
            Map.entry("ConnectionPolicy", new Kind(FAIRLEAD_API, ConnectionReader::read)),
            Map.entry("Secret", new Kind("v1", Body.DOCUMENT, secrets::secret)),
            Map.entry("ConfigMap", new Kind("v1", Body.DOCUMENT, secrets::configMap)));
  }

  Optional<Manifest> read(Fields document) {
    int before = faults.size();
    var kind = document.requireText("kind");
    var version = document.requireText("apiVersion");
    var known = kinds.get(kind);
    if (known == null) {
      if (document.has("kind")) {
        document.choice("kind", kinds.keySet().stream().sorted().toList());
      }
      return Optional.empty();
    }
    if (!version.equals(known.apiVersion()) && document.has("apiVersion")) {
      document.choice("apiVersion", List.of(known.apiVersion()));
    }
    var metadata = document.requireObject("metadata", fields -> metadata(fields, document));
    var head = metadata.orElse(new Metadata("?", "default", Map.of(), document.position()));
    Optional<Manifest> result =
        switch (known.body()) {
          case SPEC -> document.requireObject("spec", spec -> known.reader().apply(head, spec));
          case DOCUMENT -> Optional.of(known.reader().apply(head, document));
        };
    document.ignore("status");
    document.done();
    return faults.size() == before ? result : Optional.empty();
  }

  private Metadata metadata(Fields fields, Fields document) {
    var name = fields.requireText("name");
    if (!name.equals("?") && !name.matches("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")) {
      fields.fault("name", "must be lower-case letters, digits, - and ., at most 253 characters");
    }
    var namespace = fields.text("namespace").orElse("default");
    fields.ignore("annotations");
    return new Metadata(name, namespace, fields.textMap("labels"), document.position());
  }

  private Manifest service(Metadata metadata, Fields spec) {
    spec.ignore("ports");
    return new Service(metadata, spec.textMap("selector"));
  }

  private Manifest serviceEntry(Metadata metadata, Fields spec) {
    var hosts = distinct(spec, "hosts");
    if (hosts.isEmpty()) {
      spec.require("hosts");
    }
    spec.ignore("location");
    var resolution =
        spec.choice("resolution", ServiceEntry.Resolution.class)
            .orElse(ServiceEntry.Resolution.STATIC);
    var protocols = new java.util.ArrayList<PortProtocol>();
    var ports =
        spec.objects(
            "ports",
            port -> {
              port.text("name");
              protocols.add(port.choice("protocol", PortProtocol.class).orElse(PortProtocol.HTTP));
              return port.integer("number", 1, 65_535).orElse(80);
            });
    var endpoints =
        spec.objects(
            "endpoints",
            endpoint -> {
              var address = endpoint.requireText("address");
              var chosen =
                  endpoint
                      .object(
                          "ports",
                          map ->
                              map.names().stream()
                                  .sorted()
                                  .map(name -> map.integer(name, 1, 65_535))
                                  .toList())
                      .orElse(List.of());
              int port = chosen.stream().flatMap(Optional::stream).findFirst().orElse(0);
              if (port == 0) {
                port = ports.isEmpty() ? 80 : ports.getFirst();
              }
              endpoint.ignore("labels");
              return new ServiceEntry.StaticEndpoint(
                  address, port, endpoint.integer("weight", 1, 1000).orElse(1));
            });
    var protocol = protocols.isEmpty() ? PortProtocol.HTTP : protocols.getFirst();
    if (resolution != ServiceEntry.Resolution.STATIC && !spec.has("endpoints")) {
      int port = ports.isEmpty() ? 80 : ports.getFirst();
      endpoints =
          hosts.stream().map(host -> new ServiceEntry.StaticEndpoint(host, port, 1)).toList();
      hosts.stream()
          .filter(host -> host.startsWith("*"))
          .forEach(host -> spec.fault("hosts", "must have no wildcard to be resolved, as " + host));
    }
    if (resolution == ServiceEntry.Resolution.DNS_ROUND_ROBIN && endpoints.size() != 1) {
      spec.fault("resolution", "must have exactly one endpoint or host, has " + endpoints.size());
    }
    return new ServiceEntry(metadata, hosts, protocol, resolution, endpoints);
  }

  private Manifest resiliencePolicy(Metadata metadata, Fields spec) {
    var targets = targets(spec, List.of("Service", "HTTPRoute", "GRPCRoute"));
    return new ResiliencePolicy(metadata, targets, ResilienceReader.read(spec));
  }

  private Manifest peerAuthentication(Metadata metadata, Fields spec) {
    var targets = refs(spec, List.of("Service"));
    var mode =
        spec.object("mtls", mtls -> mtls.choice("mode", PeerAuthentication.Mode.class))
            .flatMap(chosen -> chosen);
    return new PeerAuthentication(metadata, targets, mode.orElse(PeerAuthentication.Mode.STRICT));
  }

  private Manifest securityPolicy(Metadata metadata, Fields spec) {
    var targets = targets(spec, ROUTES);
    return spec.requireObject(
            "apiKey",
            apiKey -> {
              var header = apiKey.text("header").orElse("x-api-key");
              var keys = new ArrayList<SecurityPolicy.ApiKey>();
              keys.addAll(
                  apiKey.objects(
                      "keys", key -> key(key, key.requireText("client"), key.text("sha256"))));
              apiKey.text("keysFile").ifPresent(file -> keys.addAll(keysFrom(apiKey, file)));
              if (keys.isEmpty() && !apiKey.has("keys") && !apiKey.has("keysFile")) {
                apiKey.fault("keysFile", "or keys is required");
              }
              return new SecurityPolicy(
                  metadata, targets, header.toLowerCase(java.util.Locale.ROOT), keys);
            })
        .orElse(new SecurityPolicy(metadata, targets, "x-api-key", List.of()));
  }

  private static SecurityPolicy.ApiKey key(Fields at, String client, Optional<String> sha256) {
    if (sha256.isEmpty() || !sha256.get().matches("[0-9a-f]{64}")) {
      at.fault("sha256", "must be 64 lower-case hexadecimal digits");
    }
    return new SecurityPolicy.ApiKey(client, sha256.orElse(""));
  }

  /** One key a line, {@code client:sha256}; blank lines and those that begin with # are skipped. */
  private List<SecurityPolicy.ApiKey> keysFrom(Fields at, String file) {
    var keys = new ArrayList<SecurityPolicy.ApiKey>();
    try {
      int number = 0;
      for (var line : files.read(file).split("\n", -1)) {
        number++;
        var text = line.strip();
        if (text.isEmpty() || text.startsWith("#")) {
          continue;
        }
        if (text.matches("[^:\\s]{1,128}:[0-9a-f]{64}")) {
          var parts = text.split(":", 2);
          keys.add(new SecurityPolicy.ApiKey(parts[0], parts[1]));
        } else {
          at.fault("keysFile", "must hold client:sha256 in each line, not so in line " + number);
        }
      }
    } catch (IOException unreadable) {
      at.fault("keysFile", "must be a readable file: " + unreadable.getMessage());
    }
    return keys;
  }

  static List<Ref> refs(Fields spec, List<String> kinds) {
    return spec.objects("targetRefs", field -> ref(field, kinds, kinds.getFirst()));
  }

  /** The targets of a policy, which must name some. */
  static List<Ref> targets(Fields spec, List<String> kinds) {
    return requireTargets(spec, refs(spec, kinds));
  }

  static <T> List<T> requireTargets(Fields spec, List<T> targets) {
    if (targets.isEmpty() && !spec.has("targetRefs")) {
      spec.require("targetRefs");
    }
    return targets;
  }

  /** The service that a policy has asked for each request. */
  static Ref backend(Fields spec) {
    return spec.requireObject(
            "backendRef",
            field -> {
              field.ignore("port");
              return ref(field, List.of("Service"), "Service");
            })
        .orElseGet(() -> new Ref("Service", "?", "spec.backendRef", spec.position()));
  }

  /** How long that service may take for its answer. */
  static Duration backendTimeout(Fields spec, Duration otherwise) {
    var timeout = spec.duration("timeout").orElse(otherwise);
    if (timeout.isZero() || timeout.compareTo(Duration.ofMinutes(1)) > 0) {
      spec.fault("timeout", "must be above 0 up to 1m");
    }
    return timeout;
  }

  static Ref ref(Fields field, List<String> kinds, String otherwise) {
    field.ignore("group");
    field.ignore("namespace");
    var kind = field.choice("kind", kinds).orElse(otherwise);
    return new Ref(kind, field.requireText("name"), field.path() + ".name", field.position("name"));
  }

  /** Texts of a list in which none may stand twice. */
  static List<String> distinct(Fields spec, String key) {
    var texts = spec.texts(key);
    var seen = new java.util.HashSet<String>();
    for (var text : texts) {
      if (!seen.add(text.toLowerCase(java.util.Locale.ROOT))) {
        spec.fault(key, "must not name " + text + " twice");
      }
    }
    return texts;
  }
}
