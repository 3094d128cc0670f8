package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.config.LogTemplate.Part;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessLogTest {
  private static Manifests parse(String spec) {
    return Manifests.parse(
        "mesh.yaml",
        "apiVersion: fairlead.io/v1\nkind: AccessLog\nmetadata: { name: p }\nspec: " + spec,
        Manifests.ReferencedFiles.NONE);
  }

  private static AccessLog log(String spec) {
    var parsed = parse(spec);
    assertThat(parsed.faults()).isEmpty();
    return (AccessLog) parsed.documents().getFirst();
  }

  private static List<String> faults(String spec) {
    return parse(spec).faults().stream().map(Fault::toString).toList();
  }

  @Test
  void emptySpecLogsEverythingToStandardOutputAsIstioDoes() {
    var log = log("{}");
    assertThat(log.targets()).isEmpty();
    assertThat(log.path()).isEqualTo("-");
    assertThat(log.format()).isEqualTo(LogFormat.ISTIO);
    assertThat(log.filter()).isEqualTo(LogFilter.ALL);
  }

  @Test
  void membersOfJsonKeepTheirOrder() {
    var log = log("{ format: { json: { z: '%DURATION%', a: 'x %PROTOCOL%', m: '%%' } } }");
    assertThat(log.format())
        .isEqualTo(
            new LogFormat.Json(
                List.of(
                    new LogFormat.Member("z", "%DURATION%"),
                    new LogFormat.Member("a", "x %PROTOCOL%"),
                    new LogFormat.Member("m", "%%"))));
    assertThat(log("{ format: { type: JSON } }").format()).isEqualTo(LogFormat.ISTIO_JSON);
  }

  @Test
  void conditionsLeaveNothingOfTheRestUnlessTold() {
    assertThat(log("{ filter: { statusFrom: 500, slowerThan: 1s } }").filter())
        .isEqualTo(
            new LogFilter(
                Optional.of(500),
                LogFilter.Errors.AS_THE_REST,
                Optional.of(Duration.ofSeconds(1)),
                0));
    assertThat(log("{ filter: { errors: ALWAYS, percent: 1.5 } }").filter())
        .isEqualTo(new LogFilter(Optional.empty(), LogFilter.Errors.ALWAYS, Optional.empty(), 1.5));
  }

  @Test
  void whatIsWrongIsNamedWithItsRule() {
    assertThat(faults("{ path: access.log }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("spec.path", "absolute"));
    assertThat(faults("{ format: { text: '%DURATON%' } }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("spec.format.text", "mean %DURATION%"));
    assertThat(faults("{ format: { json: { a: '%REQ(cookie)%' } } }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("format.json.a", "must not be logged"));
    assertThat(faults("{ format: { text: a, type: JSON } }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("only one of type, text and json"));
    assertThat(faults("{ filter: { statusFrom: 99, percent: 101 } }")).hasSize(2);
  }

  @Test
  void templateIsCutIntoItsParts() {
    assertThat(LogTemplate.parse("a%%b %REQ(X-A?:Path):12%%START_TIME(%F %3f)%").parts())
        .containsExactly(
            new Part.Literal("a%b "),
            new Part.Command(LogCommand.REQ, "x-a", ":path", 12),
            new Part.Command(LogCommand.START_TIME, "%F %3f", "", LogTemplate.MAX_VALUE));
  }

  @Test
  void anyTextIsEitherReadOrRefusedWithAReason() {
    var random = new SplittableRandom(11);
    var pieces =
        List.of("%", "%%", "REQ", "(", ")", "X-A", "?", ":", "12", "START_TIME", "%F", "a", "");
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder();
      for (int k = random.nextInt(9); k >= 0; k--) {
        text.append(pieces.get(random.nextInt(pieces.size())));
      }
      try {
        read += LogTemplate.parse(text.toString()).parts().isEmpty() ? 0 : 1;
      } catch (IllegalArgumentException refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
    assertThat(read).isBetween(100, 19_900);
  }

  @ParameterizedTest
  @CsvSource({
    "%, is no command",
    "%REQ(A%, not closed",
    "%DURATION, must be ended",
    "%DURATION(1)%, takes nothing",
    "%REQ%, must name a field",
    "%REQ(A B)%, must name a field",
    "%RESP(:PATH)%, of %REQ%",
    "%REQ(:STATUS)%, of %REQ%",
    "%REQ(A):0%, length must be 1 to 4096",
    "%REQ(A):99999%, length must be 1 to 4096",
    "%REQ(Authorization)%, must not be logged",
    "%REQ(A?Set-Cookie)%, must not be logged",
    "%START_TIME(%Q)%, format of time",
  })
  void brokenTemplatesAreRefused(String template, String rule) {
    assertThatThrownBy(() -> LogTemplate.parse(template))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(rule);
  }
}
