package io.fairlead.proxy.access;

import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.HttpFilter.Rbac;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The rules of one {@link Rbac} filter, compiled. Immutable. */
public final class Authorization {
  private final Rbac.Action action;
  private final List<Rule> rules;

  private record Rule(String name, List<Predicate<AccessRequest>> conditions) {}

  /**
   * @param port that the listener of the filter stands for
   */
  public Authorization(Rbac filter, int port) {
    action = filter.action();
    rules = filter.rules().stream().map(rule -> compile(rule, port)).toList();
  }

  private static Rule compile(AuthorizationRule rule, int port) {
    return new Rule(
        rule.name(),
        rule.clauses().stream().map(clause -> AccessCondition.of(clause, port)).toList());
  }

  /** Why the request is refused, or null if it may pass. */
  public @Nullable String refusal(AccessRequest request) {
    for (Rule rule : rules) {
      if (matches(rule, request)) {
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

  private static boolean matches(Rule rule, AccessRequest request) {
    for (Predicate<AccessRequest> condition : rule.conditions) {
      if (!condition.test(request)) {
        return false;
      }
    }
    return true;
  }
}
