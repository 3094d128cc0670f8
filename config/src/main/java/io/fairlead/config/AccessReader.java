package io.fairlead.config;

import io.fairlead.config.Manifest.AuthorizationPolicy;
import io.fairlead.config.Manifest.AuthorizationPolicy.AccessRule;
import io.fairlead.config.Manifest.AuthorizationPolicy.Condition;
import io.fairlead.config.Manifest.ClientPolicy;
import io.fairlead.config.Manifest.HttpRoute.Sense;
import io.fairlead.config.Manifest.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads AuthorizationPolicy (Istio security/v1) and ClientPolicy. Everything that a rule says
 * becomes a condition under the name that it has in {@code when}. Stateless.
 */
final class AccessReader {
  private record Name(String field, String key) {}

  private static final List<Name> SOURCE =
      List.of(
          new Name("principals", "source.principal"),
          new Name("namespaces", "source.namespace"),
          new Name("ipBlocks", "source.ip"),
          new Name("remoteIpBlocks", "remote.ip"),
          new Name("requestPrincipals", "request.auth.principal"));
  private static final List<Name> OPERATION =
      List.of(
          new Name("hosts", "request.host"),
          new Name("ports", "destination.port"),
          new Name("methods", "request.method"),
          new Name("paths", "request.path"));
  private static final Pattern NAMED =
      Pattern.compile(
          "request\\.headers\\[[!#$%&'*+.^_`|~0-9A-Za-z-]+\\]"
              + "|request\\.auth\\.claims(\\[[^\\[\\]]+\\]){1,8}");
  private static final List<String> KEYS =
      List.of(
          "source.ip",
          "remote.ip",
          "source.namespace",
          "source.principal",
          "request.auth.principal",
          "request.auth.audiences",
          "request.auth.presenter",
          "destination.port");

  private AccessReader() {}

  static Manifest policy(Metadata metadata, Fields spec) {
    var targets = ManifestReader.refs(spec, List.of("Service", "Gateway"));
    var action =
        spec.choice("action", AuthorizationPolicy.Action.class)
            .orElse(AuthorizationPolicy.Action.ALLOW);
    var rules = spec.objects("rules", AccessReader::rules);
    return new AuthorizationPolicy(
        metadata, targets, action, rules.stream().flatMap(List::stream).toList());
  }

  /** Istio's from and to are lists of alternatives; each pair becomes one rule. */
  private static List<AccessRule> rules(Fields rule) {
    var sources = alternatives(rule, "from", "source", SOURCE);
    var operations = alternatives(rule, "to", "operation", OPERATION);
    var when = rule.objects("when", AccessReader::when).stream().flatMap(List::stream).toList();
    var rules = new ArrayList<AccessRule>();
    for (var source : sources) {
      for (var operation : operations) {
        var all = new ArrayList<>(source);
        all.addAll(operation);
        all.addAll(when);
        rules.add(new AccessRule(all));
      }
    }
    return rules;
  }

  private static List<List<Condition>> alternatives(
      Fields rule, String list, String object, List<Name> names) {
    var read =
        rule.objects(list, item -> item.requireObject(object, o -> conditions(o, names))).stream()
            .flatMap(Optional::stream)
            .toList();
    if (!rule.has(list)) {
      return List.of(List.of());
    }
    // Nothing, taken for everything or for nothing, would surprise half of the readers.
    if (read.stream().allMatch(List::isEmpty)) {
      rule.fault(list, "must hold at least one " + object + " with a condition");
    }
    return read;
  }

  private static List<Condition> conditions(Fields field, List<Name> names) {
    var conditions = new ArrayList<Condition>();
    for (var name : names) {
      var not = "not" + Character.toUpperCase(name.field.charAt(0)) + name.field.substring(1);
      add(conditions, field, name.field, name.key, Sense.MATCHES);
      add(conditions, field, not, name.key, Sense.DIFFERS);
    }
    return conditions;
  }

  private static void add(List<Condition> to, Fields field, String name, String key, Sense sense) {
    var values = field.texts(name);
    check(field, name, key, values);
    if (!values.isEmpty()) {
      to.add(new Condition(key, values, sense));
    }
  }

  private static List<Condition> when(Fields field) {
    var key = field.requireText("key");
    boolean known = KEYS.contains(key) || NAMED.matcher(key).matches();
    if (!known && !key.equals("?")) {
      field.fault(
          "key",
          "must be request.headers[name], request.auth.claims[name] or one of "
              + String.join(", ", KEYS));
    }
    var conditions = new ArrayList<Condition>();
    add(conditions, field, "values", key, Sense.MATCHES);
    add(conditions, field, "notValues", key, Sense.DIFFERS);
    if (!field.has("values") && !field.has("notValues")) {
      field.require("values");
    }
    return conditions;
  }

  private static void check(Fields field, String name, String key, List<String> values) {
    for (var value : values) {
      try {
        switch (key) {
          case "source.ip", "remote.ip" -> Cidr.parse(value);
          case "destination.port" -> {
            if (!value.matches("[1-9]\\d{0,4}") || Integer.parseInt(value) > 65_535) {
              throw new IllegalArgumentException("must be ports from 1 to 65535");
            }
          }
          default -> {
            boolean template = key.equals("request.path") && value.contains("{");
            if (template && !value.matches("(\\{\\*\\*?}|[^{}*])+")) {
              throw new IllegalArgumentException("must have {*} and {**} as its only operators");
            }
            if (!template && value.substring(1, Math.max(1, value.length() - 1)).contains("*")) {
              throw new IllegalArgumentException("must have * only at its start or end");
            }
          }
        }
      } catch (IllegalArgumentException broken) {
        field.fault(name, broken.getMessage() + ", was " + value);
      }
    }
  }

  static Manifest clientPolicy(Metadata metadata, Fields spec) {
    var targets = ManifestReader.targets(spec, List.of("Gateway"));
    record Trust(int hops, List<Cidr> proxies) {}
    var trust =
        spec.object(
            "xForwardedFor",
            field -> {
              if (field.has("numTrustedHops") && field.has("trustedProxies")) {
                field.fault("trustedProxies", "must be absent beside numTrustedHops");
              }
              return new Trust(field.integer("numTrustedHops", 0, 100).orElse(0), blocks(field));
            });
    return new ClientPolicy(
        metadata,
        targets,
        trust.map(Trust::hops).orElse(0),
        trust.map(Trust::proxies).orElse(List.of()),
        spec.choice("headersWithUnderscores", ClientPolicy.Underscores.class)
            .orElse(ClientPolicy.Underscores.ALLOW));
  }

  private static List<Cidr> blocks(Fields field) {
    var blocks = new ArrayList<Cidr>();
    for (var text : field.texts("trustedProxies")) {
      try {
        blocks.add(Cidr.parse(text));
      } catch (IllegalArgumentException broken) {
        field.fault("trustedProxies", broken.getMessage() + ", was " + text);
      }
    }
    return blocks;
  }
}
