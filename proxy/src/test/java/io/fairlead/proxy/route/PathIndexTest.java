package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.StringMatch;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PathIndexTest {
  private static final String[] SEGMENTS = {"a", "b", "ab", "", "users", "1"};
  private static final LocalReply REPLY =
      new LocalReply(Reason.DIRECT_RESPONSE, 200, List.of(), "text/plain", "");

  private final RequestParser parser = new RequestParser(Http1Limits.defaults());

  @Test
  void findsTheRouteThatALinearSearchFinds() {
    long seed = Long.getLong("fairlead.seed", System.nanoTime());
    System.out.println("routes against a linear search: -Dfairlead.seed=" + seed);
    var random = new Random(seed);
    int found = 0;
    for (int table = 0; table < 300; table++) {
      List<CompiledRoute> routes = new ArrayList<>();
      int size = random.nextInt(60);
      for (int i = 0; i < size; i++) {
        routes.add(randomRoute("route" + i, random));
      }
      var index = new PathIndex(routes);
      for (int request = 0; request < 200; request++) {
        String method = random.nextBoolean() ? "GET" : "POST";
        String path = randomPath(random);
        String flag = random.nextBoolean() ? "x-flag: on\r\n" : "";
        Head head = parse(method + " " + path + " HTTP/1.1\r\nHost: h\r\n" + flag + "\r\n");
        CompiledRoute expected = linear(routes, head);
        assertThat(index.find(head)).as("seed %d %s %s", seed, method, path).isSameAs(expected);
        found += expected == null ? 0 : 1;
      }
    }
    assertThat(found).isGreaterThan(10_000);
  }

  @Test
  void tenThousandRoutesAreEachFoundByTheirPath() {
    List<CompiledRoute> routes = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      routes.add(route("route" + i, new Route.PathMatch.Prefix("/service-" + i + "/v1")));
    }
    var index = new PathIndex(routes);
    for (int i = 0; i < 10_000; i++) {
      Head head = parse("GET /service-" + i + "/v1/users HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(index.find(head)).isSameAs(routes.get(i));
    }
    assertThat(index.find(parse("GET /service-1/v10 HTTP/1.1\r\nHost: h\r\n\r\n"))).isNull();
  }

  private static @Nullable CompiledRoute linear(List<CompiledRoute> routes, Head head) {
    return routes.stream().filter(route -> route.match().matches(head)).findFirst().orElse(null);
  }

  private static CompiledRoute randomRoute(String name, Random random) {
    String path = randomPath(random);
    Route.PathMatch match =
        switch (random.nextInt(5)) {
          case 0, 1 -> new Route.PathMatch.Exact(path);
          case 2, 3 -> new Route.PathMatch.Prefix(path);
          default -> pattern(random);
        };
    List<String> methods = random.nextInt(3) == 0 ? List.of("PUT", "POST") : List.of();
    List<Route.ValueMatch> headers =
        random.nextInt(3) == 0
            ? List.of(
                new Route.ValueMatch(
                    "x-flag",
                    new StringMatch.Exact("on"),
                    random.nextBoolean() ? Sense.MATCHES : Sense.DIFFERS))
            : List.of();
    return route(name, new Route.Match(match, methods, headers, List.of()));
  }

  /** Patterns with and without plain segments at their start, and what may be taken for such. */
  private static Route.PathMatch pattern(Random random) {
    String plain = SEGMENTS[random.nextInt(SEGMENTS.length)];
    String segment = plain.isEmpty() ? "a" : plain;
    return switch (random.nextInt(8)) {
      case 0 -> new Route.PathMatch.Regex("/" + segment + "/[a-z]+");
      case 1 -> new Route.PathMatch.Regex("/" + segment + "?/1");
      case 2 -> new Route.PathMatch.Regex("/" + segment + "|/b/.*");
      case 3 -> new Route.PathMatch.Regex(".*/" + segment);
      case 4 -> new Route.PathMatch.Regex("/" + segment + "(/b){0,2}");
      case 5 -> new Route.PathMatch.Template("/" + segment + "/{id}");
      case 6 -> new Route.PathMatch.Template("/{id}/" + segment);
      default -> new Route.PathMatch.Template("/" + segment + "/*/**");
    };
  }

  private static String randomPath(Random random) {
    var path = new StringBuilder();
    int segments = random.nextInt(4);
    for (int i = 0; i < segments; i++) {
      path.append('/').append(SEGMENTS[random.nextInt(SEGMENTS.length)]);
    }
    return path.isEmpty() || random.nextInt(6) == 0 ? path.append('/').toString() : path.toString();
  }

  private static CompiledRoute route(String name, Route.PathMatch path) {
    return route(name, Route.Match.path(path));
  }

  private static CompiledRoute route(String name, Route.Match match) {
    var reply = new CompiledAction.Direct(REPLY);
    return new CompiledRoute(
        name, new RouteMatch(match), null, null, null, null, null, null, reply);
  }

  private Head parse(String request) {
    var octets = Unpooled.copiedBuffer(request, ISO_8859_1);
    assertThat(parser.parse(octets)).as(request).isPositive();
    return parser.head();
  }
}
