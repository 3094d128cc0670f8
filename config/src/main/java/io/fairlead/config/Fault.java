package io.fairlead.config;

import java.util.Optional;

/**
 * One thing that is wrong with a configuration. Immutable.
 *
 * @param at where the offending value or its parent stands
 * @param path field path within the document, such as {@code spec.rules[0].matches[1].path}
 * @param value what stands there; empty if a field is missing
 * @param rule what it must be, as the end of a sentence
 * @param suggestion what was probably meant
 */
public record Fault(
    Position at, String path, String value, String rule, Optional<String> suggestion) {

  /** One line for people: position, path, value, rule and suggestion. */
  @Override
  public String toString() {
    var text = new StringBuilder().append(at).append(": ").append(path).append(": ");
    if (!value.isEmpty()) {
      text.append('\'').append(value).append("' ");
    }
    text.append(rule);
    suggestion.ifPresent(s -> text.append("; did you mean '").append(s).append("'?"));
    return text.toString();
  }
}
