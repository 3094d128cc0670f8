package io.fairlead.proxy.access;

import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.match.OctetMatch;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.HttpFilter.Rbac;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules of one {@link Rbac} filter, compiled. Immutable. */
public final class Authorization {
  private final Rbac.Action action;
  private final List<Rule> rules;

  private record Rule(
      String name, List<OctetMatch> principals, List<OctetMatch> methods, List<OctetMatch> paths) {}

  public Authorization(Rbac filter) {
    action = filter.action();
    rules = filter.rules().stream().map(Authorization::compile).toList();
  }

  private static Rule compile(AuthorizationRule rule) {
    return new Rule(
        rule.name(),
        rule.principals().stream().map(OctetMatch::of).toList(),
        rule.methods().stream().map(OctetMatch::of).toList(),
        rule.paths().stream().map(OctetMatch::of).toList());
  }

  /**
   * Why the request is refused, or null if it may pass.
   *
   * @param identity of the caller, as its certificate proves it
   */
  public @Nullable String refusal(Optional<String> identity, Head head) {
    for (Rule rule : rules) {
      if (matches(rule, identity, head)) {
        return switch (action) {
          case ALLOW -> null;
          case DENY -> "denied by " + rule.name();
        };
      }
    }
    return switch (action) {
      case ALLOW -> "no rule allows it";
      case DENY -> null;
    };
  }

  private static boolean matches(Rule rule, Optional<String> identity, Head head) {
    return (rule.principals.isEmpty()
            || identity.isPresent()
                && rule.principals.stream().anyMatch(match -> match.matches(identity.get())))
        && any(rule.methods, head.octets(), 0, head.methodTo())
        && any(rule.paths, head.path(), head.pathFrom(), head.pathTo());
  }

  private static boolean any(List<OctetMatch> matches, byte[] octets, int from, int to) {
    if (matches.isEmpty()) {
      return true;
    }
    for (OctetMatch match : matches) {
      if (match.matches(octets, from, to)) {
        return true;
      }
    }
    return false;
  }
}
