package io.fairlead.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A template of an access log in Envoy's syntax: text with commands such as {@code
 * %REQ(X?Y):length%}, {@code %%} for a percent sign. Immutable.
 *
 * @param parts in their order
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#format-strings">
 *     Envoy, format strings</a>
 */
public record LogTemplate(List<Part> parts) {
  /** Characters of a template. */
  public static final int MAX_LENGTH = 8_192;

  /** Octets of one value, where a command says no less. */
  public static final int MAX_VALUE = 4_096;

  private static final Pattern FIELD_NAME = Pattern.compile(":?[A-Za-z0-9!#$&'*+.^_`|~-]{1,256}");
  private static final Set<String> PSEUDO = Set.of(":method", ":path", ":authority");

  /** What proves who calls, and must not lie about in files. */
  private static final Set<String> SECRETS =
      Set.of("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key");

  private static final List<String> NAMES =
      Arrays.stream(LogCommand.values()).map(Enum::name).toList();

  public LogTemplate {
    parts = List.copyOf(parts);
  }

  /** A piece of a template. */
  public sealed interface Part {
    /** Text that is written as it stands. */
    record Literal(String text) implements Part {}

    /**
     * A value.
     *
     * @param command what is asked for
     * @param argument a field in lower case, or a format of time; may be empty
     * @param alternative the field that is taken if there is no other; may be empty
     * @param maxLength octets of the value that are written
     */
    record Command(LogCommand command, String argument, String alternative, int maxLength)
        implements Part {}
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if it breaks the syntax; the message says where and how
   */
  public static LogTemplate parse(String template) {
    if (template.isEmpty() || template.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "must have 1 to " + MAX_LENGTH + " characters, has " + template.length());
    }
    return new LogTemplate(new Reader(template).read());
  }

  /** One pass over a template. */
  private static final class Reader {
    private final String template;
    private final List<Part> parts = new ArrayList<>();
    private final StringBuilder literal = new StringBuilder();
    private int at;

    Reader(String template) {
      this.template = template;
    }

    List<Part> read() {
      while (at < template.length()) {
        char c = template.charAt(at++);
        if (c != '%') {
          literal.append(c);
        } else if (at < template.length() && template.charAt(at) == '%') {
          literal.append('%');
          at++;
        } else {
          endLiteral();
          parts.add(command());
        }
      }
      endLiteral();
      return parts;
    }

    private void endLiteral() {
      if (!literal.isEmpty()) {
        parts.add(new Part.Literal(literal.toString()));
        literal.setLength(0);
      }
    }

    private Part command() {
      int start = at;
      while (at < template.length() && isName(template.charAt(at))) {
        at++;
      }
      String name = template.substring(start, at);
      if (!NAMES.contains(name)) {
        String meant =
            Suggestion.nearest(name, NAMES).map(n -> "; did you mean %" + n + "%?").orElse("");
        throw fault("%" + name + "% is no command" + meant, start);
      }
      LogCommand command = LogCommand.valueOf(name);
      String argument = argument(start);
      int most = maxLength(start);
      if (at >= template.length() || template.charAt(at++) != '%') {
        throw fault("%" + name + " must be ended by %", start);
      }
      return switch (command.argument()) {
        case NONE -> {
          if (!argument.isEmpty()) {
            throw fault("%" + name + "% takes nothing in parentheses", start);
          }
          yield new Part.Command(command, "", "", most);
        }
        case DATE -> new Part.Command(command, date(argument, start), "", most);
        case FIELD -> {
          int question = argument.indexOf('?');
          String first = question < 0 ? argument : argument.substring(0, question);
          String second = question < 0 ? "" : argument.substring(question + 1);
          yield new Part.Command(
              command,
              field(command, first, start),
              second.isEmpty() ? "" : field(command, second, start),
              most);
        }
      };
    }

    private static boolean isName(char c) {
      return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_';
    }

    private String argument(int start) {
      if (at >= template.length() || template.charAt(at) != '(') {
        return "";
      }
      int end = template.indexOf(')', at);
      if (end < 0) {
        throw fault("a parenthesis is not closed", start);
      }
      String argument = template.substring(at + 1, end);
      at = end + 1;
      return argument;
    }

    private int maxLength(int start) {
      if (at >= template.length() || template.charAt(at) != ':') {
        return MAX_VALUE;
      }
      int from = ++at;
      while (at < template.length() && Character.digit(template.charAt(at), 10) >= 0) {
        at++;
      }
      String digits = template.substring(from, at);
      if (!digits.matches("[1-9][0-9]{0,3}") || Integer.parseInt(digits) > MAX_VALUE) {
        throw fault("a length must be 1 to " + MAX_VALUE, start);
      }
      return Integer.parseInt(digits);
    }

    private String field(LogCommand command, String name, int start) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!FIELD_NAME.matcher(lower).matches()) {
        throw fault("%" + command + "% must name a field, was '" + name + "'", start);
      }
      boolean request = command == LogCommand.REQ;
      if (lower.startsWith(":") && !(request && PSEUDO.contains(lower))) {
        throw fault("'" + name + "' must be :METHOD, :PATH or :AUTHORITY of %REQ%", start);
      }
      if (SECRETS.contains(lower)) {
        throw fault("'" + name + "' proves who calls and must not be logged", start);
      }
      return lower;
    }

    private String date(String format, int start) {
      for (int i = format.indexOf('%'); i >= 0; i = format.indexOf('%', i + 2)) {
        String rest = format.substring(i + 1);
        if (!rest.matches("(?s)([YmdHMSsFTZf%]|[1-9]f).*")) {
          throw fault("a format of time knows %Y %m %d %H %M %S %s %f %3f %F %T %Z", start);
        }
      }
      return format;
    }

    private IllegalArgumentException fault(String rule, int start) {
      return new IllegalArgumentException(rule + " (at character " + start + ")");
    }
  }
}
