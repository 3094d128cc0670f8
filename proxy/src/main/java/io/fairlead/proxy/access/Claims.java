package io.fairlead.proxy.access;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a verified token says. Immutable, as its maker gave it.
 *
 * @param principal issuer and subject with a slash between
 * @param payload maps, lists, strings, numbers and booleans, as JSON has them
 */
public record Claims(String principal, Map<String, Object> payload) {
  /**
   * Values of a claim by its names from the outside in: those of a list, the words of a text (RFC
   * 8693 section 4.2), and the text itself; none where it is absent or has members.
   */
  public List<String> values(List<String> path) {
    Object value = payload;
    for (String name : path) {
      value = value instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return values(value);
  }

  private static List<String> values(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case List<?> list ->
          list.stream().flatMap(element -> values(element).stream().limit(1)).toList();
      case Map<?, ?> map -> List.of();
      case String text when text.indexOf(' ') >= 0 -> {
        List<String> words = new java.util.ArrayList<>(List.of(text));
        words.addAll(List.of(text.split(" +")));
        yield words;
      }
      default -> List.of(value.toString());
    };
  }
}
