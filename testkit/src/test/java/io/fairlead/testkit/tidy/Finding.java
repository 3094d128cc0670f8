package io.fairlead.testkit.tidy;

/**
 * A place that breaks a rule. Immutable.
 *
 * @param path of the file, from the root of the repository
 * @param line from 1
 * @param message what is there and what the rule says
 */
record Finding(String path, int line, String message) {
  @Override
  public String toString() {
    return path + ":" + line + ": " + message;
  }
}
