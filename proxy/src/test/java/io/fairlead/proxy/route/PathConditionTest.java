package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Route.PathMatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathConditionTest {
  @ParameterizedTest
  @CsvSource({
    "/users/{id}/orders, /users, /users/7/orders, true",
    "/users/{id}/orders, /users, /users//orders, false",
    "/users/{id}/orders, /users, /users/7/orders/, false",
    "/users/{id}/orders, /users, /users/7/8/orders, false",
    "/users/{id}/orders, /users, /users/7/order, false",
    "/*, '', /, false",
    "/*, '', /a, true",
    "/files/**, /files, /files, false",
    "/files/**, /files, /files/, true",
    "/files/{path=**}, /files, /files/a/b/, true",
    "/**, '', /, true",
    "/a/, /a/, /a/, true",
    "/a/, /a/, /a, false"
  })
  void templateStandsForWholeSegments(String template, String start, String path, boolean fits) {
    var condition = PathCondition.of(new PathMatch.Template(template));
    assertThat(condition.start()).asString(US_ASCII).isEqualTo(start);
    assertThat(matches(condition, path)).isEqualTo(fits);
  }

  @ParameterizedTest
  @CsvSource({
    "/users/[0-9]+, /users, /users/12, true",
    "/users/[0-9]+, /users, /users/12/, false",
    "/users/me, /users, /users/me, true",
    "/users?, '', /user, true",
    "/users/x*, /users, /users/, true",
    "/a/b|/c/d, '', /c/d, true",
    "(?i)/A/.*, '', /a/b, true",
    "^/a/b$, '', /a/b, true",
    "/a{0}/b, '', //b, true"
  })
  void expressionMatchesThePathWhole(String expression, String start, String path, boolean fits) {
    var condition = PathCondition.of(new PathMatch.Regex(expression));
    assertThat(condition.start()).asString(US_ASCII).isEqualTo(start);
    assertThat(matches(condition, path)).isEqualTo(fits);
  }

  private static boolean matches(PathCondition condition, String path) {
    byte[] octets = ("x" + path + "y").getBytes(US_ASCII);
    return condition.matches(octets, 1, octets.length - 1);
  }
}
