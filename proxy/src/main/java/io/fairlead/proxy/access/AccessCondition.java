package io.fairlead.proxy.access;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.config.Cidr;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.match.OctetMatch;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.AuthorizationRule.Subject;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** Clauses of rules as conditions on requests. Stateless. */
final class AccessCondition {
  private AccessCondition() {}

  static Predicate<AccessRequest> of(Clause clause, int port) {
    return switch (clause) {
      case Clause.Text(var subject, var values, var sense) ->
          turned(of(subject, values.stream().map(OctetMatch::of).toList()), sense);
      case Clause.Address(var end, var blocks, var sense) -> turned(address(end, blocks), sense);
      case Clause.Port(var ports, var sense) -> {
        boolean fits = ports.contains(port);
        yield turned(request -> fits, sense);
      }
    };
  }

  private static Predicate<AccessRequest> turned(Predicate<AccessRequest> condition, Sense sense) {
    return switch (sense) {
      case MATCHES -> condition;
      case DIFFERS -> condition.negate();
    };
  }

  private static Predicate<AccessRequest> of(Subject subject, List<OctetMatch> values) {
    return switch (subject) {
      case Subject.Principal principal ->
          request -> request.identity().isPresent() && any(values, request.identity().get());
      case Subject.RequestPrincipal principal ->
          request -> request.claims() != null && any(values, request.claims().principal());
      case Subject.Claim(var path) ->
          request ->
              request.claims() != null
                  && request.claims().values(path).stream().anyMatch(v -> any(values, v));
      case Subject.Host host -> request -> host(values, request.head());
      case Subject.Method method ->
          request -> any(values, request.head().octets(), 0, request.head().methodTo());
      case Subject.Path path ->
          request ->
              any(
                  values,
                  request.head().path(),
                  request.head().pathFrom(),
                  request.head().pathTo());
      case Subject.Header(var name) -> {
        byte[] lower = name.getBytes(ISO_8859_1);
        yield request -> header(values, request.head(), lower);
      }
    };
  }

  private static boolean any(List<OctetMatch> matches, String text) {
    for (OctetMatch match : matches) {
      if (match.matches(text)) {
        return true;
      }
    }
    return false;
  }

  private static boolean any(List<OctetMatch> matches, byte[] octets, int from, int to) {
    for (OctetMatch match : matches) {
      if (match.matches(octets, from, to)) {
        return true;
      }
    }
    return false;
  }

  /** A value may name the port or leave it open. */
  private static boolean host(List<OctetMatch> values, Head head) {
    String authority = head.authority().toLowerCase(Locale.ROOT);
    int colon = authority.lastIndexOf(':');
    boolean port = colon > authority.lastIndexOf(']');
    return any(values, authority) || port && any(values, authority.substring(0, colon));
  }

  private static boolean header(List<OctetMatch> values, Head head, byte[] name) {
    for (int i = head.find(name, 0); i >= 0; i = head.find(name, i + 1)) {
      if (any(values, head.octets(), head.valueFrom(i), head.valueTo(i))) {
        return true;
      }
    }
    return false;
  }

  private static Predicate<AccessRequest> address(Clause.End end, List<Cidr> blocks) {
    return request -> {
      byte[] address =
          AccessRequest.octets(
              switch (end) {
                case PEER -> request.peerAddress();
                case CLIENT -> request.clientAddress();
              });
      return blocks.stream().anyMatch(block -> block.contains(address));
    };
  }
}
