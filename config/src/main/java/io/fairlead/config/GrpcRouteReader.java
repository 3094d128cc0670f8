package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.HttpRoute.PathForm;
import io.fairlead.config.Manifest.HttpRoute.RouteMatch;
import io.fairlead.config.Manifest.HttpRoute.Rule;
import io.fairlead.config.Manifest.Metadata;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads the spec of a GRPCRoute (Gateway API v1). A call's path is {@code /service/method}, so that
 * its matches become those of paths. Nothing else is asked of a request: what is no call of gRPC is
 * refused by the service. Stateless.
 */
final class GrpcRouteReader {
  /** In characters, as the API has it. */
  private static final int LONGEST_NAME = 1024;

  private static final Pattern SERVICE =
      Pattern.compile("\\.?[A-Za-z_][A-Za-z_0-9]*(\\.[A-Za-z_][A-Za-z_0-9]*)*+");
  private static final Pattern METHOD = Pattern.compile("[A-Za-z_][A-Za-z_0-9]*");

  /** Stands for a name of which a fault tells already. */
  private static final String WRONG = "wrong";

  private static final String ANY_NAME = "[^/]+";
  private static final Rpc ANY = new Rpc(Rpc.Form.EXACT, "", "");

  private GrpcRouteReader() {}

  static Manifest read(Metadata metadata, Fields spec) {
    return HttpRouteReader.read(metadata, spec, HttpRoute.Form.GRPC, GrpcRouteReader::rule);
  }

  private static Rule rule(Fields field) {
    field.ignore("name");
    var matches = field.objects("matches", GrpcRouteReader::match);
    if (matches.isEmpty() && !field.has("matches")) {
      matches = List.of(match(ANY, List.of()));
    }
    var filters = RouteFilterReader.filters(field, HttpRoute.Form.GRPC);
    var backends = HttpRouteReader.backends(field);
    if (!field.has("backendRefs")) {
      field.require("backendRefs");
    }
    return new Rule(
        matches,
        filters,
        backends,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        field.position());
  }

  private static RouteMatch match(Fields field) {
    var rpc = field.object("method", GrpcRouteReader::rpc).orElse(ANY);
    return match(rpc, RouteMatchReader.headers(field));
  }

  private static RouteMatch match(Rpc rpc, List<HttpRoute.ValueMatch> headers) {
    return new RouteMatch(form(rpc), path(rpc), List.of(), headers, List.of(), Optional.of(rpc));
  }

  private static PathForm form(Rpc rpc) {
    if (rpc.method().isEmpty() && (rpc.service().isEmpty() || rpc.form() == Rpc.Form.EXACT)) {
      return PathForm.PREFIX;
    }
    boolean whole = rpc.form() == Rpc.Form.EXACT && !rpc.service().isEmpty();
    return whole ? PathForm.EXACT : PathForm.REGULAR_EXPRESSION;
  }

  private static String path(Rpc rpc) {
    return switch (form(rpc)) {
      case EXACT -> "/" + rpc.service() + "/" + rpc.method();
      case PREFIX -> "/" + rpc.service();
      case REGULAR_EXPRESSION, TEMPLATE ->
          "/" + expression(rpc, rpc.service()) + "/" + expression(rpc, rpc.method());
    };
  }

  /** Names hold nothing that means something in an expression. */
  private static String expression(Rpc rpc, String name) {
    if (name.isEmpty()) {
      return ANY_NAME;
    }
    return rpc.form() == Rpc.Form.EXACT ? name : "(?:" + name + ")";
  }

  private static Rpc rpc(Fields at) {
    var type = at.choice("type", List.of("Exact", "RegularExpression")).orElse("Exact");
    var form = type.equals("Exact") ? Rpc.Form.EXACT : Rpc.Form.REGULAR_EXPRESSION;
    var service = name(at, "service", form, SERVICE);
    var method = name(at, "method", form, METHOD);
    if (service.isEmpty() && method.isEmpty()) {
      at.fault("service", "or method is required");
    }
    var rpc = new Rpc(form, service, method);
    if (form(rpc) == PathForm.REGULAR_EXPRESSION) {
      RegexText.parse(path(rpc));
    }
    return rpc;
  }

  private static String name(Fields at, String key, Rpc.Form form, Pattern names) {
    var name =
        switch (form) {
          case EXACT -> at.text(key);
          case REGULAR_EXPRESSION ->
              at.scalar(
                  key,
                  "a regular expression",
                  text -> text.isEmpty() ? text : RouteMatchReader.regex(text));
        };
    var text = name.orElse(at.has(key) ? WRONG : "");
    if (text.length() > LONGEST_NAME) {
      at.fault(key, "must have at most " + LONGEST_NAME + " characters");
      return WRONG;
    }
    if (form == Rpc.Form.EXACT && !text.isEmpty() && !names.matcher(text).matches()) {
      var example = key.equals("service") ? "bank.Payments" : "Pay";
      at.fault(key, "must be a name of gRPC without /, such as " + example);
      return WRONG;
    }
    return text;
  }
}
