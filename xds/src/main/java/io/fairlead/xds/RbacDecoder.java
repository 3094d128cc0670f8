package io.fairlead.xds;

import io.fairlead.config.Cidr;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.AuthorizationRule.Subject;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * envoy.config.rbac.v3.Policy, in the form that the encoder writes: one principal and one
 * permission, each a conjunction of clauses, each of these an alternative of values or its
 * negation. Stateless.
 */
final class RbacDecoder {
  private RbacDecoder() {}

  /** Policy: permissions 1, principals 2. */
  static AuthorizationRule policy(String name, ProtoMessage m) {
    try {
      var clauses = new ArrayList<Clause>();
      clauses.addAll(clauses(m.messages(2), RbacDecoder::ofCaller));
      clauses.addAll(clauses(m.messages(1), RbacDecoder::ofRequest));
      return new AuthorizationRule(name, clauses);
    } catch (DecodeException | IllegalArgumentException broken) {
      throw new DecodeException("rbac policy '" + name + "': " + broken.getMessage());
    }
  }

  /** Permission and Principal: and 1, or 2, any 3, not 8. */
  private static List<Clause> clauses(
      List<ProtoMessage> alternatives, BiFunction<List<ProtoMessage>, Sense, Clause> clause) {
    if (alternatives.size() != 1) {
      throw new DecodeException("principals and permissions must be one each");
    }
    var all = alternatives.getFirst();
    if (all.flag(3)) {
      return List.of();
    }
    if (!all.has(1)) {
      throw new DecodeException("principals and permissions must be any or a conjunction");
    }
    var clauses = new ArrayList<Clause>();
    for (var item : all.message(1).messages(1)) {
      var sense = item.has(8) ? Sense.DIFFERS : Sense.MATCHES;
      var values = (item.has(8) ? item.message(8) : item).message(2).messages(1);
      if (values.isEmpty()) {
        throw new DecodeException("a clause must be an alternative of values");
      }
      clauses.add(clause.apply(values, sense));
    }
    return clauses;
  }

  /**
   * Principal: authenticated 4 (principal_name 2), metadata 7, direct_remote_ip 10, remote_ip 11.
   */
  private static Clause ofCaller(List<ProtoMessage> values, Sense sense) {
    var first = values.getFirst();
    if (first.has(10) || first.has(11)) {
      int field = first.has(10) ? 10 : 11;
      return new Clause.Address(
          first.has(10) ? Clause.End.PEER : Clause.End.CLIENT,
          values.stream().map(value -> block(required(value, field))).toList(),
          sense);
    }
    if (first.has(4)) {
      return text(new Subject.Principal(), values, v -> required(v, 4).message(2), sense);
    }
    var subject = token(first.message(7));
    for (var value : values) {
      if (!token(required(value, 7)).equals(subject)) {
        throw new DecodeException("a clause must be about one thing");
      }
    }
    return text(subject, values, v -> tokenMatch(v.message(7)), sense);
  }

  /** MetadataMatcher: path 2 (key 1). */
  private static Subject token(ProtoMessage metadata) {
    var path = metadata.messages(2).stream().map(segment -> segment.text(1)).toList();
    if (path.equals(List.of("principal"))) {
      return new Subject.RequestPrincipal();
    }
    if (path.size() < 2 || !path.getFirst().equals("payload")) {
      throw new DecodeException("metadata " + path + " is not known");
    }
    return new Subject.Claim(path.subList(1, path.size()));
  }

  /** MetadataMatcher: value 3. ValueMatcher: string_match 3, or_match 7 (value_matchers 1). */
  private static ProtoMessage tokenMatch(ProtoMessage metadata) {
    var alternatives = metadata.message(3).message(7).messages(1);
    if (alternatives.isEmpty() || !alternatives.getFirst().has(3)) {
      throw new DecodeException("metadata must be matched as a text or one of a list");
    }
    return alternatives.getFirst().message(3);
  }

  /** Permission: header 4 (name 1, string_match 13), destination_port 6, url_path 10 (path 1). */
  private static Clause ofRequest(List<ProtoMessage> values, Sense sense) {
    var first = values.getFirst();
    if (first.has(6)) {
      return new Clause.Port(values.stream().map(v -> v.intNumber(6)).toList(), sense);
    }
    if (first.has(10)) {
      return text(new Subject.Path(), values, v -> required(v, 10).message(1), sense);
    }
    var name = required(first, 4).text(1);
    for (var value : values) {
      if (!required(value, 4).text(1).equals(name)) {
        throw new DecodeException("a clause must be about one thing");
      }
    }
    var subject =
        switch (name) {
          case ":authority" -> new Subject.Host();
          case ":method" -> new Subject.Method();
          default -> new Subject.Header(name);
        };
    return text(subject, values, v -> required(v.message(4), 13), sense);
  }

  private static Clause text(
      Subject subject,
      List<ProtoMessage> values,
      Function<ProtoMessage, ProtoMessage> matcher,
      Sense sense) {
    List<StringMatch> matches =
        values.stream().map(value -> Decoder.stringMatch(matcher.apply(value))).toList();
    return new Clause.Text(subject, matches, sense);
  }

  private static ProtoMessage required(ProtoMessage m, int field) {
    return m.optional(field)
        .orElseThrow(() -> new DecodeException("a value of this kind is not supported"));
  }

  /** CidrRange: address_prefix 1, prefix_len 2. */
  static Cidr block(ProtoMessage range) {
    return new Cidr(range.text(1), range.message(2).intNumber(1));
  }
}
