package io.fairlead.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JsonTest {
  sealed interface Shape {}

  record Circle(double radius) implements Shape {}

  record Square(int side, Optional<String> name) implements Shape {}

  enum Colour {
    RED
  }

  record Place(String host, int port) {
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  record All(
      String text,
      long number,
      boolean truth,
      Colour colour,
      Duration period,
      Optional<Integer> empty,
      List<Shape> shapes,
      Map<String, Place> places,
      String key) {}

  private final Json json =
      new Json(Set.of(new Json.Hidden(All.class, "key")), Set.of(Place.class));

  @Test
  void recordIsWrittenByItsComponents() {
    var all =
        new All(
            "t",
            -1,
            true,
            Colour.RED,
            Duration.ofMillis(200),
            Optional.empty(),
            List.of(new Circle(1.5), new Square(2, Optional.of("s"))),
            Map.of("a", new Place("h", 80)),
            "secret");
    assertThat(json.write(all))
        .isEqualTo(
            "{\"text\":\"t\",\"number\":-1,\"truth\":true,\"colour\":\"RED\",\"period\":\"PT0.2S\","
                + "\"shapes\":[{\"type\":\"Circle\",\"radius\":1.5},"
                + "{\"type\":\"Square\",\"side\":2,\"name\":\"s\"}],"
                + "\"places\":{\"a\":\"h:80\"},\"key\":\"(not shown)\"}\n");
  }

  @Test
  void textIsEscaped() {
    assertThat(json.write(List.of("\"\\\n\u0001\ud83d\ude00ä")))
        .isEqualTo("[\"\\\"\\\\\\n\\u0001\\ud83d\\ude00ä\"]\n");
  }

  @Test
  void numberThatJsonLacksIsText() {
    assertThat(json.write(List.of(Double.NaN, Double.POSITIVE_INFINITY)))
        .isEqualTo("[\"NaN\",\"Infinity\"]\n");
  }
}
