package io.fairlead.proxy.hash;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class XxHash64Test {
  @Test
  void publishedHashesOfTextsOfEveryKindOfLength() {
    assertThat(XxHash64.of("")).isEqualTo(0xef46db3751d8e999L);
    assertThat(XxHash64.of("a")).isEqualTo(0xd24ec4f1a98c6e5bL);
    assertThat(XxHash64.of("as")).isEqualTo(0x1c330fb2d66be179L);
    assertThat(XxHash64.of("asd")).isEqualTo(0x631c37ce72a97393L);
    assertThat(XxHash64.of("asdf")).isEqualTo(0x415872f599cea71eL);
    assertThat(XxHash64.of("Call me Ishmael. Some years ago--never mind how long precisely-"))
        .isEqualTo(0x02a2e85470d6fd96L);
  }

  @Test
  void aRangeHashesAsItsOctetsAlone() {
    byte[] octets = "..asdf..".getBytes(US_ASCII);
    assertThat(XxHash64.of(octets, 2, 6, 0)).isEqualTo(XxHash64.of("asdf"));
    assertThat(XxHash64.of(octets, 2, 6, 1)).isNotEqualTo(XxHash64.of("asdf"));
  }
}
