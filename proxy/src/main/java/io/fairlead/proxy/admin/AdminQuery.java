package io.fairlead.proxy.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What stands behind the question mark of an admin page. Immutable.
 *
 * @param method that the page is asked with
 * @param values by name, in their order
 */
public record AdminQuery(AdminPage.Method method, Map<String, String> values) {
  private static final int MAX_PARAMETERS = 32;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  /**
   * Reads a query.
   *
   * @throws IllegalArgumentException if it has too much, the same twice, or a broken escape
   */
  static AdminQuery of(AdminPage.Method method, String query) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : query.isEmpty() ? new String[0] : query.split("&", MAX_PARAMETERS + 1)) {
      int equals = part.indexOf('=');
      String name = decoded(equals < 0 ? part : part.substring(0, equals));
      if (values.size() == MAX_PARAMETERS) {
        throw new IllegalArgumentException("there must be at most 32 parameters");
      }
      if (values.put(name, equals < 0 ? "" : decoded(part.substring(equals + 1))) != null) {
        throw new IllegalArgumentException(name + ": must not stand twice");
      }
    }
    return new AdminQuery(method, values);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, UTF_8);
  }

  /**
   * Sees to it that nothing else is asked for.
   *
   * @throws IllegalArgumentException if there is another parameter
   */
  public void only(String... names) {
    for (String name : values.keySet()) {
      if (!List.of(names).contains(name)) {
        throw new IllegalArgumentException(
            name + ": is no parameter here; there are " + String.join(", ", names));
      }
    }
  }

  /** The value of a parameter. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /**
   * A number from {@code least} to {@code most}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public Optional<Integer> number(String name, int least, int most) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    boolean number = NUMBER.matcher(text.get()).matches();
    int value = number ? Integer.parseInt(text.get()) : -1;
    if (!number || value < least || value > most) {
      throw new IllegalArgumentException(
          name + ": must be " + least + " to " + most + ", was " + text.get());
    }
    return Optional.of(value);
  }
}
