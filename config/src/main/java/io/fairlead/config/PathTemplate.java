package io.fairlead.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A path with places for whole segments, as {@code /users/{id}/orders}. Immutable.
 *
 * <p>{@code {id}}, {@code {id=*}}, {@code {*}} and {@code *} stand for one segment that is not
 * empty; {@code {rest=**}}, {@code {**}} and {@code **}, in the last place, for any rest, also an
 * empty one. This is the part of Envoy's URI templates in which an operator is a whole segment.
 *
 * @param segments in their order, without the slashes
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/path/match/uri_template/v3/uri_template_match.proto">
 *     envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig</a>
 */
public record PathTemplate(List<Segment> segments) {
  /** As in Envoy. */
  private static final int MAX_VARIABLES = 5;

  private static final Pattern LITERAL = Pattern.compile("[-._~!$&'()+,;=:@%0-9A-Za-z]*");
  private static final Pattern VARIABLE =
      Pattern.compile("\\{([A-Za-z][A-Za-z0-9_]{0,15})(?:=(\\*\\*?))?\\}");

  /** One place between slashes. */
  public sealed interface Segment {
    /** This text. */
    record Literal(String text) implements Segment {}

    /** One segment; the name is empty if it has none. */
    record One(String name) implements Segment {}

    /** Everything that is left; the name is empty if it has none. */
    record Rest(String name) implements Segment {}
  }

  public PathTemplate {
    segments = List.copyOf(segments);
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException whose message is the rule that was broken
   */
  public static PathTemplate parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("must begin with /");
    }
    var segments = new ArrayList<Segment>();
    var names = new HashSet<String>();
    var parts = text.substring(1).split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      var segment = segment(parts[i]);
      boolean last = i == parts.length - 1;
      if (segment instanceof Segment.Rest && !last) {
        throw new IllegalArgumentException("must have ** in the last place only");
      }
      if (parts[i].isEmpty() && !last) {
        throw new IllegalArgumentException("must not have an empty segment but the last");
      }
      var name = name(segment);
      if (!name.isEmpty() && !names.add(name)) {
        throw new IllegalArgumentException("must not name {" + name + "} twice");
      }
      segments.add(segment);
    }
    if (segments.stream().filter(s -> !(s instanceof Segment.Literal)).count() > MAX_VARIABLES) {
      throw new IllegalArgumentException("must have at most " + MAX_VARIABLES + " variables");
    }
    return new PathTemplate(segments);
  }

  private static Segment segment(String part) {
    if (part.equals("*") || part.equals("{*}")) {
      return new Segment.One("");
    }
    if (part.equals("**") || part.equals("{**}")) {
      return new Segment.Rest("");
    }
    var variable = VARIABLE.matcher(part);
    if (variable.matches()) {
      return "**".equals(variable.group(2))
          ? new Segment.Rest(variable.group(1))
          : new Segment.One(variable.group(1));
    }
    if (!LITERAL.matcher(part).matches()) {
      throw new IllegalArgumentException(
          "must have segments that are text, *, **, {name}, {name=*} or {name=**}, was " + part);
    }
    return new Segment.Literal(part);
  }

  private static String name(Segment segment) {
    return switch (segment) {
      case Segment.Literal literal -> "";
      case Segment.One(var name) -> name;
      case Segment.Rest(var name) -> name;
    };
  }

  /** In the one form that has no two spellings. */
  public String text() {
    var text = new StringBuilder();
    for (var segment : segments) {
      text.append('/')
          .append(
              switch (segment) {
                case Segment.Literal(var literal) -> literal;
                case Segment.One(var name) -> name.isEmpty() ? "*" : "{" + name + "}";
                case Segment.Rest(var name) -> name.isEmpty() ? "**" : "{" + name + "=**}";
              });
    }
    return text.toString();
  }
}
