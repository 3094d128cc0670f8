package io.fairlead.xds;

import io.fairlead.traffic.Snapshot;
import java.util.Optional;
import java.util.function.Supplier;

/** Takes what the control plane sends; called on the client's event loop, one call at a time. */
public interface SnapshotListener {
  /**
   * Puts a complete snapshot in force.
   *
   * @return why it was refused, to be told to the control plane; empty if it is in force
   */
  Optional<String> apply(Snapshot snapshot);

  /**
   * What was applied last is in force and acknowledged.
   *
   * @param kept makes the form in which it can be kept on disk; on this thread only
   */
  default void accepted(Supplier<KeptConfiguration> kept) {}

  /** The stream was lost or came back; the last good snapshot stays in force meanwhile. */
  default void connection(Connection state) {}

  /** Whether the control plane is reached. */
  sealed interface Connection {
    /** The stream is open. */
    record Connected() implements Connection {}

    /** There is no stream, and why. */
    record Lost(String reason) implements Connection {}
  }
}
