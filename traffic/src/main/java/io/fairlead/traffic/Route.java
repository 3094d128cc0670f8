package io.fairlead.traffic;

import io.fairlead.config.PathTemplate;
import io.fairlead.config.RegexText;
import io.fairlead.resilience.ResilienceSettings;
import java.util.List;
import java.util.Optional;

/**
 * What happens to the requests that match. Immutable.
 *
 * @param name for metrics, traces and messages; stable across configurations
 * @param match which requests
 * @param action what is done with them
 * @param requestHeaders changes before the request is forwarded
 * @param responseHeaders changes before the response is returned
 * @param resilience limits and repetition on this route; what is empty here is decided by the
 *     cluster
 * @param apiKeys who may call; empty lets everybody
 * @param filters what else is done with the requests
 */
public record Route(
    String name,
    Match match,
    RouteAction action,
    HeaderChanges requestHeaders,
    HeaderChanges responseHeaders,
    ResilienceSettings resilience,
    Optional<ApiKeys> apiKeys,
    RouteFilters filters) {

  public Route {
    Resource.requireName(name);
    if (!filters.mirrors().isEmpty() && !(action instanceof RouteAction.Forward)) {
      throw new IllegalArgumentException("mirrors: must be absent where nothing is forwarded");
    }
  }

  /** A route without filters. */
  public Route(
      String name,
      Match match,
      RouteAction action,
      HeaderChanges requestHeaders,
      HeaderChanges responseHeaders,
      ResilienceSettings resilience,
      Optional<ApiKeys> apiKeys) {
    this(
        name,
        match,
        action,
        requestHeaders,
        responseHeaders,
        resilience,
        apiKeys,
        RouteFilters.NONE);
  }

  /** A route that sends everything to one cluster, unchanged; it is named after that. */
  public static Route straight(String cluster) {
    return straight(cluster, RouteAction.Forward.to(cluster));
  }

  /** A route that does this with every request. */
  static Route straight(String name, RouteAction action) {
    return new Route(
        name,
        Match.path(new PathMatch.Prefix("/")),
        action,
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        ResilienceSettings.none(),
        Optional.empty());
  }

  /**
   * Conditions that must all hold. Immutable.
   *
   * @param path on the path without query
   * @param methods one of these, case sensitive (RFC 9110 section 9.1); empty matches all
   * @param headers each must match
   * @param query each must match
   */
  public record Match(
      PathMatch path, List<String> methods, List<ValueMatch> headers, List<ValueMatch> query) {
    public Match {
      methods = List.copyOf(methods);
      for (var method : methods) {
        if (!method.matches("[0-9A-Za-z_-]{1,64}")) {
          throw new IllegalArgumentException(
              "methods: must be letters, digits, - and _, was " + method);
        }
      }
      headers = List.copyOf(headers);
      query = List.copyOf(query);
    }

    /** Matches on the path alone. */
    public static Match path(PathMatch path) {
      return new Match(path, List.of(), List.of(), List.of());
    }
  }

  /**
   * A condition on a header or query parameter. Immutable.
   *
   * <p>Where a name stands several times, one value that matches is enough. {@link
   * StringMatch.Present} asks only that the name is there, with a value or without.
   *
   * @param name that of a header in lower case
   * @param sense whether a value must match, or none may, which holds also where there is none
   */
  public record ValueMatch(String name, StringMatch value, Sense sense) {
    /** Which way round a condition is meant. */
    public enum Sense {
      MATCHES,
      DIFFERS
    }

    public ValueMatch {
      Resource.requireName(name);
    }

    /** A value must match. */
    public ValueMatch(String name, StringMatch value) {
      this(name, value, Sense.MATCHES);
    }
  }

  /** A condition on the path. Immutable. */
  public sealed interface PathMatch {
    /** Equal, byte for byte. */
    record Exact(String path) implements PathMatch {
      public Exact {
        requireAbsolute(path);
      }
    }

    /**
     * Whole leading segments: {@code /a} matches {@code /a} and {@code /a/b}, not {@code /ab}. A
     * trailing slash other than that of {@code /} itself is not kept.
     */
    record Prefix(String prefix) implements PathMatch {
      public Prefix {
        requireAbsolute(prefix);
        if (prefix.length() > 1 && prefix.endsWith("/")) {
          prefix = prefix.substring(0, prefix.length() - 1);
        }
      }
    }

    /** Matched whole by this expression in the syntax of RE2. */
    record Regex(String expression) implements PathMatch {
      public Regex {
        RegexText.parse(expression);
      }
    }

    /** As {@link PathTemplate} says; kept in the form of its {@link PathTemplate#text}. */
    record Template(String template) implements PathMatch {
      public Template {
        template = PathTemplate.parse(template).text();
      }
    }

    private static void requireAbsolute(String path) {
      if (!path.startsWith("/")) {
        throw new IllegalArgumentException("path: must begin with /, was " + path);
      }
    }
  }
}
