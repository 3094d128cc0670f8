package io.fairlead.discovery;

/** Whether a catalog source is in touch with the registry. */
public sealed interface SourceState {
  /** In touch: events follow as they happen. */
  record Live() implements SourceState {}

  /**
   * Out of touch: the last good state is served and connecting goes on with back-off.
   *
   * @param reason why, for people
   */
  record Away(String reason) implements SourceState {}
}
