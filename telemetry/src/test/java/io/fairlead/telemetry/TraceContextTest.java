package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TraceContextTest {
  @Test
  void idsOfZeroAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TraceContext(0, 0, 1, 0, 0, ""))
        .withMessage("trace id: must not be zero");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TraceContext(0, 1, 0, 0, 0, ""))
        .withMessage("spanId: must not be zero");
  }

  @Test
  void contradictingFlagsAreRefused() {
    for (int flags : new int[] {5, 8, 12, 16, -1}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new TraceContext(1, 1, 1, 0, flags, ""))
          .withMessageEndingWith("was " + flags);
    }
  }

  @Test
  void sourceThatGivesZeroStillMakesValidIds() {
    TraceContext context = TraceContext.root(() -> 0, Sampler.never());
    assertThat(context.child(() -> 0).spanId()).isNotZero();
  }

  @Test
  void ratioRecordsItsShareAndIsConsistent() {
    long seed = System.nanoTime();
    System.out.println("sampling ratio: seed " + seed);
    var random = new Random(seed);
    Sampler tenth = Sampler.ratio(0.1);
    Sampler half = Sampler.ratio(0.5);
    int sampled = 0;
    int traces = 100_000;
    for (int i = 0; i < traces; i++) {
      long high = random.nextLong();
      long low = random.nextLong();
      if (tenth.sampled(high, low)) {
        sampled++;
        assertThat(half.sampled(high, low)).isTrue();
      }
    }
    // Five standard deviations of a binomial distribution around 10,000.
    assertThat(sampled).isBetween(10_000 - 475, 10_000 + 475);
  }

  @Test
  void ratiosOfZeroAndOneAreExact() {
    long all = (1L << 56) - 1;
    assertThat(Sampler.ratio(0).sampled(1, all)).isFalse();
    assertThat(Sampler.ratio(1).sampled(1, 0)).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sampler.ratio(1.1))
        .withMessage("ratio: must be 0 to 1, was 1.1");
  }
}
