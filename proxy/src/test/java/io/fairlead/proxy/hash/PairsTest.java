package io.fairlead.proxy.hash;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PairsTest {
  private static String find(String text, char separator, String name) {
    byte[] octets = ("<" + text + ">").getBytes(US_ASCII);
    byte[] sought = name.getBytes(US_ASCII);
    long range = Pairs.find(octets, 1, octets.length - 1, separator, sought);
    return range == Pairs.NONE
        ? "none"
        : "'"
            + new String(octets, Pairs.from(range), Pairs.to(range) - Pairs.from(range), US_ASCII)
            + "'";
  }

  @Test
  void theFirstPairOfTheWholeNameIsFound() {
    assertThat(find("a=1&b=2&b=3", '&', "b")).isEqualTo("'2'");
    assertThat(find("ab=1; b=2", ';', "b")).isEqualTo("'2'");
    assertThat(find("ba=1;b=", ';', "b")).isEqualTo("''");
    assertThat(find("a&b", '&', "a")).isEqualTo("''");
    assertThat(find("b=x=y", '&', "b")).isEqualTo("'x=y'");
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThat(find("", ';', "b")).isEqualTo("none");
    assertThat(find("ab=1;ba=2; c", ';', "b")).isEqualTo("none");
    assertThat(find(";;", ';', "b")).isEqualTo("none");
  }
}
