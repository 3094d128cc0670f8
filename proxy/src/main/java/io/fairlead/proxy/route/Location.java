package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.RouteAction.Redirect;
import java.util.List;

/**
 * The target of a redirect, made of the request's URI and what the route puts in its place (RFC
 * 9110 section 10.2.2). Immutable.
 */
record Location(Redirect redirect, PathChange path) {
  LocalReply reply(Peer peer, Head head) {
    String original = peer.security() == Peer.Security.TLS ? "https" : "http";
    String scheme = redirect.scheme().orElse(original);
    String authority = head.authority();
    int hostEnd =
        HostIndex.withoutPort(head.octets(), head.authorityFrom(), head.authorityTo())
            - head.authorityFrom();
    String host = redirect.host().orElse(authority.substring(0, hostEnd));
    String location =
        scheme
            + "://"
            + host
            + port(scheme, authority.substring(hostEnd))
            + path.of(head.pathText())
            + head.queryText();
    return new LocalReply(
        Reason.REDIRECT, redirect.status(), List.of("location: " + location), "text/plain", "");
  }

  /** A port that is given, else that of the request, unless the scheme brings its own. */
  private String port(String scheme, String requested) {
    String usual = scheme.equals("https") ? ":443" : ":80";
    String wanted =
        redirect
            .port()
            .map(port -> ":" + port)
            .orElse(redirect.scheme().isPresent() ? "" : requested);
    return wanted.equals(usual) ? "" : wanted;
  }
}
