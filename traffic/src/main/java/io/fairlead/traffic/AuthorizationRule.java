package io.fairlead.traffic;

import java.util.List;

/**
 * One rule of authorization: it matches when each of its three lists has a match. Immutable.
 *
 * @param name tells operators which policy it came from
 * @param principals SPIFFE identities of callers; empty matches everybody, also without identity
 * @param methods HTTP methods; empty matches all
 * @param paths request paths without query; empty matches all
 */
public record AuthorizationRule(
    String name, List<StringMatch> principals, List<StringMatch> methods, List<StringMatch> paths) {
  public AuthorizationRule {
    Resource.requireName(name);
    principals = List.copyOf(principals);
    methods = List.copyOf(methods);
    paths = List.copyOf(paths);
  }
}
