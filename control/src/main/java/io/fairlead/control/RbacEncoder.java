package io.fairlead.control;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ListMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.OrMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.fairlead.config.Cidr;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.AuthorizationRule.Subject;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.StringMatch;
import java.util.List;

/**
 * Rules of authorization to xDS: what they say of the caller as principals, the rest as
 * permissions, each clause an alternative of its values. Stateless.
 */
final class RbacEncoder {
  private static final String JWT = "envoy.filters.http.jwt_authn";

  private RbacEncoder() {}

  static Policy policy(AuthorizationRule rule) {
    var principals = Principal.Set.newBuilder();
    var permissions = Permission.Set.newBuilder();
    for (var clause : rule.clauses()) {
      switch (clause) {
        case Clause.Text text when text.subject().isOfCaller() ->
            principals.addIds(principal(text.sense(), values(text)));
        case Clause.Address address ->
            principals.addIds(
                principal(
                    address.sense(),
                    address.blocks().stream().map(b -> address(address.end(), b)).toList()));
        case Clause.Text text ->
            permissions.addRules(
                permission(
                    text.sense(),
                    text.values().stream().map(v -> permission(text.subject(), v)).toList()));
        case Clause.Port port ->
            permissions.addRules(
                permission(
                    port.sense(),
                    port.ports().stream()
                        .map(number -> Permission.newBuilder().setDestinationPort(number).build())
                        .toList()));
      }
    }
    return Policy.newBuilder()
        .addPrincipals(
            principals.getIdsCount() == 0
                ? Principal.newBuilder().setAny(true)
                : Principal.newBuilder().setAndIds(principals))
        .addPermissions(
            permissions.getRulesCount() == 0
                ? Permission.newBuilder().setAny(true)
                : Permission.newBuilder().setAndRules(permissions))
        .build();
  }

  private static Principal principal(Sense sense, List<Principal> values) {
    var any = Principal.newBuilder().setOrIds(Principal.Set.newBuilder().addAllIds(values)).build();
    return switch (sense) {
      case MATCHES -> any;
      case DIFFERS -> Principal.newBuilder().setNotId(any).build();
    };
  }

  private static Permission permission(Sense sense, List<Permission> values) {
    var any =
        Permission.newBuilder().setOrRules(Permission.Set.newBuilder().addAllRules(values)).build();
    return switch (sense) {
      case MATCHES -> any;
      case DIFFERS -> Permission.newBuilder().setNotRule(any).build();
    };
  }

  private static List<Principal> values(Clause.Text text) {
    return text.values().stream().map(value -> principal(text.subject(), value)).toList();
  }

  private static Principal principal(Subject subject, StringMatch value) {
    var principal = Principal.newBuilder();
    return switch (subject) {
      case Subject.Principal identity ->
          principal
              .setAuthenticated(
                  Principal.Authenticated.newBuilder().setPrincipalName(Encoder.matcher(value)))
              .build();
      case Subject.RequestPrincipal token ->
          principal.setMetadata(metadata(List.of("principal"), value)).build();
      case Subject.Claim(var path) -> {
        var names = new java.util.ArrayList<>(List.of("payload"));
        names.addAll(path);
        yield principal.setMetadata(metadata(names, value)).build();
      }
      case Subject.Host host -> throw notOfCaller(subject);
      case Subject.Method method -> throw notOfCaller(subject);
      case Subject.Path path -> throw notOfCaller(subject);
      case Subject.Header header -> throw notOfCaller(subject);
    };
  }

  private static IllegalStateException notOfCaller(Subject subject) {
    return new IllegalStateException("not of the caller: " + subject);
  }

  /** The value itself or one of a list. */
  private static MetadataMatcher metadata(List<String> path, StringMatch value) {
    var text = ValueMatcher.newBuilder().setStringMatch(Encoder.matcher(value)).build();
    var element = ValueMatcher.newBuilder().setListMatch(ListMatcher.newBuilder().setOneOf(text));
    return MetadataMatcher.newBuilder()
        .setFilter(JWT)
        .addAllPath(
            path.stream()
                .map(name -> MetadataMatcher.PathSegment.newBuilder().setKey(name).build())
                .toList())
        .setValue(
            ValueMatcher.newBuilder()
                .setOrMatch(
                    OrMatcher.newBuilder().addValueMatchers(text).addValueMatchers(element)))
        .build();
  }

  private static Principal address(Clause.End end, Cidr block) {
    var principal = Principal.newBuilder();
    return switch (end) {
      case PEER -> principal.setDirectRemoteIp(range(block)).build();
      case CLIENT -> principal.setRemoteIp(range(block)).build();
    };
  }

  static CidrRange range(Cidr block) {
    return CidrRange.newBuilder()
        .setAddressPrefix(block.address())
        .setPrefixLen(UInt32Value.of(block.prefixLength()))
        .build();
  }

  private static Permission permission(Subject subject, StringMatch value) {
    var permission = Permission.newBuilder();
    if (subject instanceof Subject.Path) {
      return permission
          .setUrlPath(PathMatcher.newBuilder().setPath(Encoder.matcher(value)))
          .build();
    }
    var name =
        switch (subject) {
          case Subject.Host host -> ":authority";
          case Subject.Method method -> ":method";
          case Subject.Header(var header) -> header;
          default -> throw new IllegalStateException("not of the request: " + subject);
        };
    return permission
        .setHeader(HeaderMatcher.newBuilder().setName(name).setStringMatch(Encoder.matcher(value)))
        .build();
  }
}
