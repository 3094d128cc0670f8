package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DifferenceTest {
  private static final int CASES = 20_000;

  @Test
  void holdsWhatOnlyOneOfTwoListsHasWhateverWasMoved() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int number = 0; number < CASES; number++) {
      var before = objects(random.nextInt(6));
      var now = new ArrayList<>(before);
      for (int change = random.nextInt(4); change > 0; change--) {
        int place = random.nextInt(now.size() + 1);
        switch (random.nextInt(3)) {
          case 0 -> now.add(place, new Object());
          case 1 -> now.subList(Math.max(0, place - 1), place).clear();
          default -> java.util.Collections.shuffle(now, random);
        }
      }
      var found = Difference.<Object>of(before, now);
      var removed = before.stream().filter(one -> !now.contains(one)).toList();
      var added = now.stream().filter(one -> !before.contains(one)).toList();
      assertThat(found.removed()).as("seed %s", seed).containsExactlyInAnyOrderElementsOf(removed);
      assertThat(found.added()).as("seed %s", seed).isEqualTo(added);
    }
  }

  @Test
  void tellsEqualObjectsApart() {
    var one = new String("equal");
    var other = new String("equal");

    var found = Difference.<String>of(List.of(one), List.of(other));

    assertThat(found.removed()).hasSize(1);
    assertThat(found.added()).containsExactly(other);
  }

  private static List<Object> objects(int count) {
    var objects = new ArrayList<Object>();
    for (int i = 0; i < count; i++) {
      objects.add(new Object());
    }
    return objects;
  }
}
