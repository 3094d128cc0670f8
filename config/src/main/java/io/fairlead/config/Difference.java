package io.fairlead.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * In what two lists differ that nearly always differ in one place. Objects are the same or are not,
 * whether they are equal or not. Immutable.
 *
 * @param removed those of the first that are not in the second
 * @param added those of the second that are not in the first, in their order
 */
public record Difference<T>(Collection<T> removed, List<T> added) {

  /** Of two lists without an object that stands twice in one. */
  public static <T> Difference<T> of(List<? extends T> before, List<? extends T> now) {
    int first = sameFirst(before, now);
    int last = sameLast(before, now, first);
    Set<T> removed = Collections.newSetFromMap(new IdentityHashMap<>());
    removed.addAll(before.subList(first, before.size() - last));
    var added = new ArrayList<T>();
    for (T one : now.subList(first, now.size() - last)) {
      if (!removed.remove(one)) {
        added.add(one);
      }
    }
    return new Difference<>(removed, added);
  }

  /** How many objects both lists begin with. */
  public static int sameFirst(List<?> before, List<?> now) {
    int shorter = Math.min(before.size(), now.size());
    int first = 0;
    while (first < shorter && before.get(first) == now.get(first)) {
      first++;
    }
    return first;
  }

  /**
   * How many objects both lists end with.
   *
   * @param first how many they begin with, which do not count once more
   */
  public static int sameLast(List<?> before, List<?> now, int first) {
    int shorter = Math.min(before.size(), now.size());
    int last = 0;
    while (last < shorter - first
        && before.get(before.size() - 1 - last) == now.get(now.size() - 1 - last)) {
      last++;
    }
    return last;
  }
}
