package io.fairlead.discovery;

import java.io.IOException;

/** The registry answered, and the answer is no. {@link #problem()} says why. */
public final class RegistryException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;

  private final transient Problem problem;

  RegistryException(Problem problem) {
    super("registry answered " + problem.status() + ": " + problem.detail());
    this.problem = problem;
  }

  /** What the registry said. */
  public Problem problem() {
    return problem;
  }

  /** Whether the same request would be refused again, so that only another one can help. */
  boolean isFinal() {
    int status = problem.status();
    return status >= 400
        && status < 500
        && status != REQUEST_TIMEOUT
        && status != TOO_MANY_REQUESTS;
  }
}
