package io.fairlead.discovery;

/** How a self-registration stands with the registry. */
public sealed interface RegistrationState {
  /** Not (or no longer surely) in the catalog; attempts go on with back-off. */
  record Pending(String reason) implements RegistrationState {}

  /** In the catalog as last told, its lease kept by heartbeats. */
  record Registered() implements RegistrationState {}

  /** The registry refuses what was told; nothing is tried again until it is told something else. */
  record Refused(Problem problem) implements RegistrationState {}

  /** Closed by its owner. */
  record Closed() implements RegistrationState {}
}
