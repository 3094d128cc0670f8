package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.match.OctetMatch;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.StringMatch;
import java.net.URLDecoder;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The conditions of a {@link Route}, compiled. Immutable. */
final class RouteMatch {
  private final PathCondition path;
  private final byte[][] methods;
  private final HeaderCondition[] headers;
  private final QueryCondition[] query;

  /** A null value asks only that the name is there. */
  private record HeaderCondition(byte[] name, @Nullable OctetMatch value, boolean wanted) {}

  /** A null value asks only that the name is there. */
  private record QueryCondition(String name, @Nullable OctetMatch value, boolean wanted) {}

  RouteMatch(Route.Match match) {
    path = PathCondition.of(match.path());
    methods = match.methods().stream().map(m -> m.getBytes(ISO_8859_1)).toArray(byte[][]::new);
    headers =
        match.headers().stream()
            .map(header -> new HeaderCondition(name(header), value(header), isWanted(header)))
            .toArray(HeaderCondition[]::new);
    query =
        match.query().stream()
            .map(parameter -> condition(parameter))
            .toArray(QueryCondition[]::new);
  }

  private static QueryCondition condition(Route.ValueMatch parameter) {
    return new QueryCondition(parameter.name(), value(parameter), isWanted(parameter));
  }

  private static @Nullable OctetMatch value(Route.ValueMatch condition) {
    boolean any = condition.value() instanceof StringMatch.Present;
    return any ? null : OctetMatch.of(condition.value());
  }

  private static boolean isWanted(Route.ValueMatch condition) {
    return condition.sense() == Route.ValueMatch.Sense.MATCHES;
  }

  private static byte[] name(Route.ValueMatch header) {
    return header.name().toLowerCase(Locale.ROOT).getBytes(ISO_8859_1);
  }

  PathCondition path() {
    return path;
  }

  /** Octets of the path that the match has used up; a rewrite puts others in their place. */
  int matchedLength() {
    return path.start().length;
  }

  boolean matches(Head head) {
    return path.matches(head.path(), head.pathFrom(), head.pathTo())
        && matchesMethod(head)
        && matchesHeaders(head)
        && (query.length == 0 || matchesQuery(head.queryText()));
  }

  private boolean matchesMethod(Head head) {
    for (byte[] method : methods) {
      if (head.methodIs(method)) {
        return true;
      }
    }
    return methods.length == 0;
  }

  /** Whether the fields are such, whatever the rest is. */
  boolean matchesHeaders(Head head) {
    for (HeaderCondition condition : headers) {
      if (holds(head, condition) != condition.wanted) {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(Head head, HeaderCondition condition) {
    byte[] name = condition.name;
    OctetMatch value = condition.value;
    for (int i = head.find(name, 0); i >= 0; i = head.find(name, i + 1)) {
      if (value == null || value.matches(head.octets(), head.valueFrom(i), head.valueTo(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean matchesQuery(String text) {
    String[] parameters = text.length() < 2 ? new String[0] : text.substring(1).split("&", -1);
    for (QueryCondition condition : query) {
      boolean holds = Arrays.stream(parameters).anyMatch(parameter -> holds(parameter, condition));
      if (holds != condition.wanted) {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(String parameter, QueryCondition condition) {
    int equals = parameter.indexOf('=');
    String name = equals < 0 ? parameter : parameter.substring(0, equals);
    String value = equals < 0 ? "" : parameter.substring(equals + 1);
    return decode(name).equals(condition.name)
        && (condition.value == null || condition.value.matches(decode(value)));
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
