package io.fairlead.control;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.StringMatch;
import io.fairlead.xds.PolicyWire;
import java.util.List;

/** The conditions of routes to xDS. Stateless. */
final class RouteMatchEncoder {
  private RouteMatchEncoder() {}

  static RouteMatch match(Route.Match match) {
    var message = RouteMatch.newBuilder();
    switch (match.path()) {
      case PathMatch.Exact(var path) -> message.setPath(path);
      case PathMatch.Prefix(var prefix) -> {
        if (prefix.equals("/")) {
          message.setPrefix("/");
        } else {
          message.setPathSeparatedPrefix(prefix);
        }
      }
      case PathMatch.Regex(var expression) -> message.setSafeRegex(Encoder.regex(expression));
      case PathMatch.Template(var template) ->
          message.setPathMatchPolicy(
              TypedExtensionConfig.newBuilder()
                  .setName("envoy.path.match.uri_template.uri_template_matcher")
                  .setTypedConfig(
                      Any.pack(
                          UriTemplateMatchConfig.newBuilder().setPathTemplate(template).build())));
    }
    if (!match.methods().isEmpty()) {
      message.addHeaders(
          HeaderMatcher.newBuilder().setName(":method").setStringMatch(methods(match.methods())));
    }
    match.headers().forEach(header -> message.addHeaders(header(header)));
    match.query().forEach(parameter -> message.addQueryParameters(parameter(parameter)));
    return message.build();
  }

  /** The names are such that nothing in them means anything in an expression. */
  private static StringMatcher methods(List<String> methods) {
    var matcher = StringMatcher.newBuilder();
    return methods.size() == 1
        ? matcher.setExact(methods.getFirst()).build()
        : matcher.setSafeRegex(Encoder.regex(String.join("|", methods))).build();
  }

  /** Of an inverted condition Envoy must not ask that the header is there. */
  static HeaderMatcher header(ValueMatch condition) {
    var header = HeaderMatcher.newBuilder().setName(condition.name());
    header.setInvertMatch(condition.sense() == Sense.DIFFERS);
    if (condition.value() instanceof StringMatch.Present) {
      return header.setPresentMatch(true).build();
    }
    return header
        .setTreatMissingHeaderAsEmpty(condition.sense() == Sense.DIFFERS)
        .setStringMatch(Encoder.matcher(condition.value()))
        .build();
  }

  /**
   * Envoy cannot turn the condition on a parameter around: it gets an extension that it does not
   * know, and refuses the route instead of taking it for more than it is.
   */
  private static QueryParameterMatcher parameter(ValueMatch condition) {
    var parameter = QueryParameterMatcher.newBuilder().setName(condition.name());
    boolean present = condition.value() instanceof StringMatch.Present;
    return switch (condition.sense()) {
      case MATCHES ->
          present
              ? parameter.setPresentMatch(true).build()
              : parameter.setStringMatch(Encoder.matcher(condition.value())).build();
      case DIFFERS -> {
        var negated =
            present
                ? PolicyWire.absent()
                : PolicyWire.not(Encoder.matcher(condition.value()).toByteString());
        yield parameter
            .setStringMatch(
                StringMatcher.newBuilder()
                    .setCustom(
                        com.github.xds.core.v3.TypedExtensionConfig.newBuilder()
                            .setName("fairlead.not")
                            .setTypedConfig(
                                Any.newBuilder()
                                    .setTypeUrl(PolicyWire.NOT_MATCHER)
                                    .setValue(negated))))
            .build();
      }
    };
  }
}
