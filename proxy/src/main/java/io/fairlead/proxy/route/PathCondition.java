package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import io.fairlead.config.PathTemplate;
import io.fairlead.config.RegexText;
import io.fairlead.traffic.Route.PathMatch;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link PathMatch} on octets. Immutable. */
sealed interface PathCondition {
  /** Whether the path in this range fulfils the condition. */
  boolean matches(byte[] octets, int from, int to);

  /**
   * What every path that matches is, or begins with up to a slash; empty if nothing is known. By it
   * {@link PathIndex} finds the route. Nobody changes the array.
   */
  byte[] start();

  /** The same condition. */
  static PathCondition of(PathMatch match) {
    return switch (match) {
      case PathMatch.Exact(var path) -> new Exact(path.getBytes(UTF_8));
      // "/" itself matches all, so nothing is left of it that would have to match.
      case PathMatch.Prefix(var prefix) ->
          new Prefix((prefix.equals("/") ? "" : prefix).getBytes(UTF_8));
      case PathMatch.Regex(var expression) ->
          new Regex(literalStart(expression).getBytes(UTF_8), RegexText.parse(expression));
      case PathMatch.Template(var template) -> template(PathTemplate.parse(template));
    };
  }

  /** Equal to the path. */
  record Exact(byte[] start) implements PathCondition {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return Arrays.equals(octets, from, to, start, 0, start.length);
    }
  }

  /** Begins with the path, whole segments of it. */
  record Prefix(byte[] start) implements PathCondition {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      int end = from + start.length;
      return to >= end
          && Arrays.equals(octets, from, end, start, 0, start.length)
          && (to == end || octets[end] == '/');
    }
  }

  /** Is matched whole by the expression. */
  record Regex(byte[] start, Pattern pattern) implements PathCondition {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      return pattern.matches(Arrays.copyOfRange(octets, from, to));
    }
  }

  /**
   * Has these segments, where null stands for any that is not empty.
   *
   * @param open whether anything may follow behind another slash
   */
  record Template(byte[] start, @Nullable byte[][] segments, boolean open)
      implements PathCondition {
    @Override
    public boolean matches(byte[] octets, int from, int to) {
      int at = from;
      for (byte[] segment : segments) {
        if (at == to || octets[at] != '/') {
          return false;
        }
        int start = at + 1;
        int end = start;
        while (end < to && octets[end] != '/') {
          end++;
        }
        boolean fits =
            segment == null
                ? end > start
                : Arrays.equals(octets, start, end, segment, 0, segment.length);
        if (!fits) {
          return false;
        }
        at = end;
      }
      return open ? at < to : at == to;
    }
  }

  private static Template template(PathTemplate template) {
    List<PathTemplate.Segment> all = template.segments();
    boolean open = all.getLast() instanceof PathTemplate.Segment.Rest;
    @Nullable byte[][] segments = new byte[open ? all.size() - 1 : all.size()][];
    StringBuilder start = new StringBuilder();
    boolean literal = true;
    for (int i = 0; i < segments.length; i++) {
      if (all.get(i) instanceof PathTemplate.Segment.Literal(var text)) {
        segments[i] = text.getBytes(UTF_8);
        start.append(literal ? "/" + text : "");
      } else {
        literal = false;
      }
    }
    return new Template(start.toString().getBytes(UTF_8), segments, open);
  }

  /** The segments at the start of an expression that are plain text, whatever comes behind. */
  private static String literalStart(String expression) {
    int end = 0;
    while (end < expression.length() && isPlain(expression.charAt(end))) {
      end++;
    }
    if (expression.indexOf('|') >= 0 || !expression.startsWith("/")) {
      return "";
    }
    boolean repeated = end < expression.length() && "*?+{".indexOf(expression.charAt(end)) >= 0;
    return expression.substring(0, expression.lastIndexOf('/', repeated ? end - 2 : end - 1));
  }

  private static boolean isPlain(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || "/-_~".indexOf(c) >= 0;
  }
}
