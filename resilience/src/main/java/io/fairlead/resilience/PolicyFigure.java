package io.fairlead.resilience;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A number that a policy tells to a metrics library: the one list from which every binding makes
 * its meters. Immutable; reading takes no lock that a call waits for.
 *
 * <p>How many figures there are depends on the number of policies alone, never on calls or keys.
 *
 * @param name what it is, such as {@code circuit_breaker.rejected_calls}
 * @param kind how it behaves
 * @param policy the name of the policy, or the one given to a {@link PerKey}
 * @param state for {@code circuit_breaker.state} alone: a state in lower case; the value says how
 *     many breakers are in it
 * @param value the number; times are in seconds, rates in percent
 */
public record PolicyFigure(
    String name, Kind kind, String policy, Optional<String> state, double value) {

  /** How a figure behaves, and what becomes of several of one name and policy. */
  public enum Kind {
    /** Grows from the start of the policy on; several add up. */
    COUNT,
    /** Goes up and down; several add up. */
    LEVEL,
    /** Percent; of several the largest is taken. */
    RATE
  }

  /**
   * The figures of these policies, and of those in pipelines. A policy that is there twice counts
   * once; different ones of one type and one name become one.
   */
  public static List<PolicyFigure> of(Collection<? extends Policy> policies) {
    var figures = new FigureSum();
    policies.forEach(figures::add);
    return figures.list();
  }

  /**
   * The number of keys, and the levels of all their policies together, under this name. Counts and
   * rates of the policies are left out: they would fall when a key makes room for another.
   */
  public static List<PolicyFigure> of(String name, PerKey<?, ? extends Policy> perKey) {
    List<PolicyFigure> figures = new ArrayList<>();
    figures.add(own("per_key.keys", Kind.LEVEL, name, perKey.size()));
    figures.add(own("per_key.evicted", Kind.COUNT, name, perKey.evicted()));
    figures.add(own("per_key.overflowed", Kind.COUNT, name, perKey.overflowed()));
    var policies = new FigureSum(name);
    policies.add(perKey.overflow());
    perKey.forEach((key, policy) -> policies.add(policy));
    policies.list().stream()
        .filter(figure -> figure.kind == Kind.LEVEL)
        .map(figure -> own("per_key." + figure.name, figure))
        .forEach(figures::add);
    return List.copyOf(figures);
  }

  private static PolicyFigure own(String name, Kind kind, String policy, double value) {
    return new PolicyFigure(name, kind, policy, Optional.empty(), value);
  }

  private static PolicyFigure own(String name, PolicyFigure figure) {
    return new PolicyFigure(name, figure.kind, figure.policy, figure.state, figure.value);
  }

  /** This and another of the same name, policy and state. */
  PolicyFigure and(PolicyFigure other) {
    double both =
        switch (kind) {
          case COUNT, LEVEL -> value + other.value;
          case RATE -> Math.max(value, other.value);
        };
    return new PolicyFigure(name, kind, policy, state, both);
  }
}
