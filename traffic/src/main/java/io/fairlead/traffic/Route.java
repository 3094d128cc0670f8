package io.fairlead.traffic;

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
 */
public record Route(
    String name,
    Match match,
    RouteAction action,
    HeaderChanges requestHeaders,
    HeaderChanges responseHeaders,
    ResilienceSettings resilience,
    Optional<ApiKeys> apiKeys) {

  public Route {
    Resource.requireName(name);
  }

  /**
   * Conditions that must all hold. Immutable.
   *
   * @param path on the path without query
   * @param method exact and case sensitive (RFC 9110 section 9.1); empty matches all
   * @param headers each must match
   * @param query each must match
   */
  public record Match(
      PathMatch path, Optional<String> method, List<ValueMatch> headers, List<ValueMatch> query) {
    public Match {
      headers = List.copyOf(headers);
      query = List.copyOf(query);
    }

    /** Matches on the path alone. */
    public static Match path(PathMatch path) {
      return new Match(path, Optional.empty(), List.of(), List.of());
    }
  }

  /** A header (name in lower case) or query parameter whose value must match. Immutable. */
  public record ValueMatch(String name, StringMatch value) {
    public ValueMatch {
      Resource.requireName(name);
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

    private static void requireAbsolute(String path) {
      if (!path.startsWith("/")) {
        throw new IllegalArgumentException("path: must begin with /, was " + path);
      }
    }
  }
}
