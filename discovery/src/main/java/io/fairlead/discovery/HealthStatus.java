package io.fairlead.discovery;

/** What an instance or its registrar says of its health. Only {@link #UP} receives traffic. */
public enum HealthStatus {
  /** Ready for traffic. */
  UP,
  /** Running and not yet ready. */
  STARTING,
  /** Failing its checks. */
  DOWN,
  /** Taken out on purpose: draining or under maintenance. */
  OUT_OF_SERVICE
}
