package io.fairlead.interop.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.BulkheadBuilder;
import dev.failsafe.CircuitBreakerBuilder;
import dev.failsafe.FallbackBuilder;
import dev.failsafe.RateLimiterBuilder;
import dev.failsafe.RetryPolicyBuilder;
import dev.failsafe.TimeoutBuilder;
import io.fairlead.resilience.CircuitBreaker;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tables for those who come from another library name every setting, and none that is not. */
class MigrationTest {
  private static final Path PAGE = Path.of("..", "docs", "resilience.md");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  @Test
  void everySettingOfTheirBreakerHasARow() throws IOException {
    assertThat(theirs("### Resilience4j: CircuitBreakerConfig"))
        .isEqualTo(settings(CircuitBreakerConfig.Builder.class, method -> method));
  }

  @Test
  void everySettingOfTheirOtherPoliciesHasARow() throws IOException {
    var known = new TreeSet<String>();
    Stream.of(
            BulkheadConfig.Builder.class,
            ThreadPoolBulkheadConfig.Builder.class,
            RateLimiterConfig.Builder.class,
            RetryConfig.Builder.class,
            TimeLimiterConfig.Builder.class)
        .forEach(
            builder -> {
              var config = builder.getEnclosingClass().getSimpleName();
              known.addAll(settings(builder, method -> config + "." + method));
            });
    assertThat(theirs("### Resilience4j: the other configurations")).isEqualTo(known);
  }

  @Test
  void everySettingOfFailsafeHasARow() throws IOException {
    var known = new TreeSet<String>();
    Stream.of(
            CircuitBreakerBuilder.class,
            BulkheadBuilder.class,
            RateLimiterBuilder.class,
            RetryPolicyBuilder.class,
            TimeoutBuilder.class,
            FallbackBuilder.class)
        .forEach(
            builder ->
                known.addAll(settings(builder, method -> builder.getSimpleName() + "." + method)));
    assertThat(theirs("### Failsafe")).isEqualTo(known);
  }

  @Test
  void everyNameOfOursExists() throws IOException {
    var named =
        rows("## Coming from another library").stream()
            .flatMap(cells -> codes(cells.get(1)))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).hasSizeGreaterThan(20).allMatch(MigrationTest::isOurs);
    assertThat(isOurs("CircuitBreakerSettings.gone")).isFalse();
    assertThat(isOurs("Gone.maxWait")).isFalse();
  }

  private static boolean isOurs(String name) {
    var parts = name.split("\\.", 2);
    try {
      var type = Class.forName(CircuitBreaker.class.getPackageName() + "." + parts[0]);
      return parts.length == 1
          || Arrays.stream(type.getMethods()).map(Method::getName).anyMatch(parts[1]::equals);
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static Set<String> theirs(String heading) throws IOException {
    return rows(heading).stream()
        .flatMap(cells -> codes(cells.getFirst()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> settings(Class<?> builder, Function<String, String> named) {
    return Arrays.stream(builder.getMethods())
        .filter(method -> method.getDeclaringClass() != Object.class)
        .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
        .map(Method::getName)
        .filter(name -> !name.equals("build") && !name.startsWith("get"))
        .map(named)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> codes(String cell) {
    return CODE.matcher(cell).results().map(result -> result.group(1));
  }

  /** The rows of all tables under a heading, up to the next one of its level. */
  private static List<List<String>> rows(String heading) throws IOException {
    var level = heading.substring(0, heading.indexOf(' ') + 1);
    return Files.readAllLines(PAGE).stream()
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .takeWhile(line -> !line.startsWith(level))
        .filter(line -> line.startsWith("| ") && !line.startsWith("| Theirs"))
        .map(line -> List.of(line.substring(2).split(" \\| ")))
        .toList();
  }
}
