package io.fairlead.telemetry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String VALID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  /** The grammar as the specification writes it, slow and obvious. */
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"
              + "|(?!00|ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?)",
          Pattern.DOTALL);

  @Test
  void exampleOfTheSpecificationIsRead() {
    assertThat(TraceParent.parse(VALID))
        .isEqualTo(
            new TraceContext(
                0x0af7651916cd43ddL,
                0x8448eb211c80319cL,
                0xb7ad6b7169203331L,
                0,
                TraceContext.SAMPLED,
                ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0-00af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319\u0131-b7ad6b7169203331-01",
      })
  void invalidHeaderIsNoContext(String header) {
    assertThat(TraceParent.parse(header)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what the future brings",
        "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
      })
  void laterVersionIsReadAsFarAsThisOneAndWrittenAsVersion00(String header) {
    TraceContext context = requireNonNull(TraceParent.parse(header));
    assertThat(TraceParent.text(context)).isEqualTo(VALID);
  }

  @Test
  void onlySampledAndRandomAreKeptOfTheFlags() {
    for (int flags = 0; flags < 256; flags++) {
      String header = VALID.substring(0, 53) + "%02x".formatted(flags);
      TraceContext context = requireNonNull(TraceParent.parse(header));
      assertThat(context.flags()).isEqualTo(flags & 3);
      assertThat(TraceParent.text(context)).endsWith("-%02x".formatted(flags & 3));
    }
  }

  @Test
  void headerIsReadAndWrittenInTheMiddleOfABuffer() {
    byte[] buffer = ("traceparent: " + VALID + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertThat(TraceParent.valid(buffer, 13, 55)).isTrue();
    TraceContext context = requireNonNull(TraceParent.parse(buffer, 13, 55));
    var out = new byte[60];
    assertThat(TraceParent.write(context, out, 3)).isEqualTo(58);
    assertThat(new String(out, 3, 55, StandardCharsets.ISO_8859_1)).isEqualTo(VALID);
    assertThat(out[2]).isZero();
    assertThat(out[58]).isZero();
  }

  @Test
  void anyContextIsTheSameAfterWritingAndReading() {
    long seed = System.nanoTime();
    System.out.println("traceparent there and back: seed " + seed);
    var random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      TraceContext context = TraceContext.root(random::nextLong, Sampler.ratio(0.5));
      assertThat(TraceParent.parse(TraceParent.text(context))).isEqualTo(context);
    }
  }

  @Test
  void damagedHeadersAreReadExactlyWhereTheGrammarHolds() {
    long seed = System.nanoTime();
    System.out.println("traceparent against its grammar: seed " + seed);
    var random = new Random(seed);
    int valid = 0;
    for (int i = 0; i < 300_000; i++) {
      String header = Damage.some(VALID, random, "0f-gA \u00e9");
      boolean expected =
          GRAMMAR.matcher(header).matches()
              && !header.startsWith("0".repeat(32), 3)
              && !header.startsWith("0".repeat(16), 36);
      assertThat(TraceParent.parse(header) != null)
          .as("%s seed %d", header, seed)
          .isEqualTo(expected);
      valid += expected ? 1 : 0;
    }
    assertThat(valid).isBetween(10_000, 290_000);
  }
}
