package io.fairlead.proxy.exchange;

/** A cluster as an exchange sees it. */
public interface Upstream {
  /** The cluster's name. */
  String name();

  /**
   * Finds an endpoint and a connection for the attempt, at once or later, and tells the attempt by
   * {@link Attempt#connected} or {@link Attempt#failed}, perhaps during the call.
   */
  void open(Attempt attempt);

  /** Whether there is another endpoint than that of this attempt, which could not connect. */
  boolean hasOther(Attempt attempt);
}
