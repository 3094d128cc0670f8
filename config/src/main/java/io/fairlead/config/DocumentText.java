package io.fairlead.config;

/**
 * One document of a file as it stands there. Immutable.
 *
 * @param line of the file in which the text begins, from 1
 * @param text its YAML
 */
public record DocumentText(int line, String text) {
  public DocumentText {
    if (line < 1) {
      throw new IllegalArgumentException("line: must be at least 1, was " + line);
    }
  }
}
