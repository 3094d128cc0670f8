package io.fairlead.resilience;

/** Something that a policy did and that does not happen with every call. Immutable. */
public sealed interface PolicyEvent permits CircuitTransition {
  /** The name of the policy. */
  String policy();
}
