package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.RateLimitDomain.Limit;
import io.fairlead.config.RateLimitDomain.Node;
import io.fairlead.config.RateLimitDomain.Unit;
import io.fairlead.config.RateLimitPolicy.Descriptor;
import io.fairlead.config.RateLimitPolicy.Entry;
import io.fairlead.config.RateLimitPolicy.Entry.RequestHeader.Absence;
import io.fairlead.config.RateLimitPolicy.FailureMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads the specs of RateLimitPolicy and RateLimitDomain. Stateless. */
final class RateLimitReader {
  private static final int MAX_DEPTH = 8;
  private static final List<String> ENTRIES =
      List.of(
          "sourceCluster",
          "destinationCluster",
          "remoteAddress",
          "path",
          "requestHeader",
          "genericKey",
          "headerValueMatch");

  private RateLimitReader() {}

  static Manifest policy(Metadata metadata, Fields spec) {
    var targets = ManifestReader.targets(spec, ManifestReader.ROUTES);
    var service = ManifestReader.backend(spec);
    var timeout = ManifestReader.backendTimeout(spec, Duration.ofMillis(50));
    if (!spec.has("descriptors")) {
      spec.require("descriptors");
    }
    return new RateLimitPolicy(
        metadata,
        targets,
        service,
        name(spec, "domain", Optional.empty()),
        timeout,
        spec.choice("failureMode", FailureMode.class).orElse(FailureMode.ALLOW),
        spec.objects("descriptors", RateLimitReader::descriptor));
  }

  private static Descriptor descriptor(Fields field) {
    var entries =
        field.objects("entries", RateLimitReader::entry).stream()
            .flatMap(Optional::stream)
            .toList();
    if (entries.isEmpty()) {
      if (field.has("entries")) {
        field.fault("entries", "must have at least one entry");
      } else {
        field.require("entries");
      }
    }
    return new Descriptor(entries, field.integer("hits", 1, 1_000_000).orElse(1));
  }

  private static Optional<Entry> entry(Fields field) {
    var present = ENTRIES.stream().filter(field::has).toList();
    if (present.size() != 1) {
      field.fault(
          present.isEmpty() ? "genericKey" : present.getLast(),
          "must stand alone: an entry is exactly one of " + String.join(", ", ENTRIES));
    }
    field.object("sourceCluster", f -> f);
    field.object("destinationCluster", f -> f);
    field.object("remoteAddress", f -> f);
    field.object("path", f -> f);
    var header = field.object("requestHeader", RateLimitReader::header);
    var generic =
        field.object(
            "genericKey",
            f ->
                new Entry.GenericKey(
                    name(f, "key", Optional.of("generic_key")),
                    name(f, "value", Optional.empty())));
    var match = field.object("headerValueMatch", RateLimitReader::match);
    if (present.size() != 1) {
      return Optional.empty();
    }
    return switch (present.getFirst()) {
      case "sourceCluster" -> Optional.of(new Entry.SourceCluster());
      case "destinationCluster" -> Optional.of(new Entry.DestinationCluster());
      case "remoteAddress" -> Optional.of(new Entry.RemoteAddress());
      case "path" -> Optional.of(new Entry.Path());
      case "requestHeader" -> header.map(own -> own);
      case "genericKey" -> generic.map(own -> own);
      default -> match.map(own -> own);
    };
  }

  private static Entry.RequestHeader header(Fields field) {
    var name = field.requireText("name");
    if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}") && field.has("name")) {
      field.fault("name", "must be a token (RFC 9110 section 5.6.2)");
    }
    boolean skip =
        field.choice("skipIfAbsent", List.of("true", "false")).equals(Optional.of("true"));
    var lower = name.toLowerCase(Locale.ROOT);
    return new Entry.RequestHeader(
        lower,
        name(field, "key", Optional.of(lower)),
        skip ? Absence.ENTRY_LEFT_OUT : Absence.DESCRIPTOR_LEFT_OUT);
  }

  private static Entry.HeaderValueMatch match(Fields field) {
    if (!field.has("headers")) {
      field.require("headers");
    }
    return new Entry.HeaderValueMatch(
        name(field, "key", Optional.of("header_match")),
        name(field, "value", Optional.empty()),
        field.objects("headers", RouteMatchReader::value));
  }

  /** A short text that stands in keys of counters. */
  private static String name(Fields field, String key, Optional<String> otherwise) {
    var text =
        otherwise.isPresent() ? field.text(key).orElse(otherwise.get()) : field.requireText(key);
    if (!text.matches("[ -~]{1,256}")) {
      field.fault(key, "must be printable ASCII, 1 to 256 characters");
    }
    return text;
  }

  static Manifest domain(Metadata metadata, Fields spec) {
    if (!spec.has("descriptors")) {
      spec.require("descriptors");
    }
    return new RateLimitDomain(
        metadata, name(spec, "domain", Optional.empty()), nodes(spec, "descriptors", 1));
  }

  private static List<Node> nodes(Fields field, String key, int depth) {
    if (depth > MAX_DEPTH && field.has(key)) {
      field.fault(key, "must not be nested deeper than " + MAX_DEPTH);
      return List.of();
    }
    var nodes = new ArrayList<Node>();
    var seen = new HashSet<String>();
    field.objects(
        key,
        at -> {
          var node = node(at, depth);
          if (!seen.add(node.key() + "=" + node.value().orElse("*"))) {
            at.fault("key", "must not stand twice with the same value");
          }
          nodes.add(node);
          return node;
        });
    return List.copyOf(nodes);
  }

  private static Node node(Fields field, int depth) {
    return new Node(
        name(field, "key", Optional.empty()),
        field.text("value"),
        field.object("rateLimit", RateLimitReader::limit),
        nodes(field, "descriptors", depth + 1));
  }

  private static Limit limit(Fields field) {
    for (var key : List.of("requestsPerUnit", "unit")) {
      if (!field.has(key)) {
        field.require(key);
      }
    }
    boolean shadow = field.choice("shadow", List.of("true", "false")).equals(Optional.of("true"));
    return new Limit(
        field.integer("requestsPerUnit", 0, 1_000_000_000).orElse(0),
        field.choice("unit", Unit.class).orElse(Unit.SECOND),
        shadow ? Limit.Mode.SHADOW : Limit.Mode.ENFORCED);
  }
}
