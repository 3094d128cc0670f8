package io.fairlead.discovery;

import java.time.Duration;

/**
 * A service's own entry in the registry, kept alive by heartbeats at a third of its lease until it
 * is closed. It survives the loss of the registry: when it comes back having forgotten, the
 * instance is registered again. Safe for use by many threads.
 */
public interface Registration extends AutoCloseable {
  /** The instance as last told to the registry or about to be told. */
  Instance instance();

  /** How it stands at this moment. */
  RegistrationState state();

  /**
   * Waits until the instance is in the catalog.
   *
   * @return whether it is, within the time; false also if it was refused or closed
   */
  boolean awaitRegistered(Duration atMost) throws InterruptedException;

  /**
   * Tells the registry something else about the instance, such as another status, at once.
   *
   * @throws IllegalArgumentException if it is another service or id
   */
  void update(Instance newInstance);

  /** Deregisters, waiting for the registry for one request timeout at most. */
  @Override
  void close();
}
