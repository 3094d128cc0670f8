package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatternsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "((a{100}){100}){100}",
        "(a{1000}){1000}",
        "(a{30}[(]){30}(b{30}[)]){40}",
        "((a{40}[(]){40}[(]){40}",
        "((a{40}\\Q(\\E){40}\\)){40}",
        "((a{40}[[:alpha:](]){40}[]()]){40}",
        "a{999}b{999}"
      })
  void expressionsOfTooManyStepsAreRefusedBeforeTheyAreMade(String expression) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RegexText.parse(expression))
        .withMessage("must be a regular expression of at most 1000 steps");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(a", "a{2,1}", "(?=a)", "\\1", "[z-a]"})
  void whatIsNoExpressionIsRefused(String expression) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RegexText.parse(expression))
        .withMessageStartingWith("must be a regular expression in the syntax of RE2: ");
  }

  @Test
  void expressionHasOneToTooManyCharacters() {
    for (var text : new String[] {"", "a".repeat(RegexText.MAX_LENGTH + 1)}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RegexText.parse(text))
          .withMessage("must be a regular expression of 1 to 1024 characters");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v[0-9]{1,3}/.*", "a{2}b{3}{", "(?i)[^]a]{2}\\{3}", "\\pL+"})
  void usualExpressionsAreTaken(String expression) {
    assertThat(RegexText.parse(expression).pattern()).isEqualTo(expression);
  }

  @ParameterizedTest
  @CsvSource({
    "/users/{id=*}/{*}/{**}, /users/{id}/*/**",
    "/a/{rest=**}, /a/{rest=**}",
    "/, /",
    "/a/, /a/"
  })
  void templateHasOneSpelling(String template, String expected) {
    assertThat(PathTemplate.parse(template).text()).isEqualTo(expected);
    assertThat(PathTemplate.parse(expected).text()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "users, must begin with /",
    "/**/a, must have ** in the last place only",
    "/a//b, must not have an empty segment but the last",
    "/{a}/{a}, must not name {a} twice",
    "/*/*/*/*/*/*, must have at most 5 variables",
    "/a*, 'must have segments that are text, *, **, {name}, {name=*} or {name=**}, was a*'",
    "/{1}, 'must have segments that are text, *, **, {name}, {name=*} or {name=**}, was {1}'"
  })
  void whatIsNoTemplateIsRefused(String template, String rule) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathTemplate.parse(template))
        .withMessage(rule);
  }
}
