package io.fairlead.cli;

/** A command failed in a way that its message explains without a stack trace. */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public CommandException(String message) {
    super(message);
  }

  /** With a message for the user and its cause. */
  public CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
