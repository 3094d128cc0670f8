package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceStateTest {
  private static final String MEMBER =
      "[a-z0-9][a-z0-9_\\-*/@]{0,255}=[ -+\\--<>-~]{0,255}[!-+\\--<>-~]";
  private static final Pattern GRAMMAR =
      Pattern.compile("[ \\t]*(%1$s)?[ \\t]*(,[ \\t]*(%1$s)?[ \\t]*)*".formatted(MEMBER));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "foo=1 \t , \t bar=2",
        "foo=1,",
        ",foo=1",
        "foo=1,,bar=2",
        "tenant@system=value with blanks",
        "0key*/-_@=!",
      })
  void validStateIsKeptAsItIs(String state) {
    assertThat(TraceState.checked(state)).isEqualTo(state);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ",",
        "foo",
        "foo=",
        "=1",
        "foo =1",
        "Foo=1",
        "@foo=1",
        "foo=1;bar=2=3",
        "foo=a=b",
        "foo=\u00e9",
        "f\u00f6o=1",
        "foo=\u0001",
        "foo.bar=1",
      })
  void invalidStateIsDropped(String state) {
    assertThat(TraceState.checked(state)).isEmpty();
  }

  @Test
  void membersKeysAndValuesAreBounded() {
    assertThat(TraceState.checked("k".repeat(256) + "=1")).isNotEmpty();
    assertThat(TraceState.checked("k".repeat(257) + "=1")).isEmpty();
    assertThat(TraceState.checked("k=" + "v".repeat(256))).isNotEmpty();
    assertThat(TraceState.checked("k=" + "v".repeat(257))).isEmpty();
    assertThat(TraceState.checked("k=1,".repeat(32))).isNotEmpty();
    assertThat(TraceState.checked("k=1,".repeat(33))).isEmpty();
    assertThat(TraceState.checked("k=1" + ",".repeat(4_093))).hasSize(4_096);
    assertThat(TraceState.checked("k=1" + ",".repeat(4_094))).isEmpty();
  }

  @Test
  void damagedStatesAreKeptExactlyWhereTheGrammarHolds() {
    long seed = System.nanoTime();
    System.out.println("tracestate against its grammar: seed " + seed);
    var random = new Random(seed);
    int valid = 0;
    for (int i = 0; i < 200_000; i++) {
      String state = Damage.some("rojo=00f 067, ,a/b= x ,c@d=e", random, "=, \ta@Z\u00e9\u007f~!");
      boolean expected = GRAMMAR.matcher(state).matches() && state.indexOf('=') >= 0;
      assertThat(TraceState.checked(state).equals(state))
          .as("'%s' seed %d", state, seed)
          .isEqualTo(expected);
      valid += expected ? 1 : 0;
    }
    assertThat(valid).isGreaterThan(1_000);
  }
}
