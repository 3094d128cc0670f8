package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import java.util.Arrays;
import java.util.List;

/**
 * A table whose places the endpoints take in turns, each in the order of its own permutation
 * (Eisenbud et al., Maglev, NSDI 2016, section 3.4). With weights an endpoint has as many turns as
 * its weight relative to the heaviest one.
 */
final class MaglevTable implements HashTable {
  private static final int FREE = -1;

  private final int[] owners;

  /**
   * @param size a prime
   */
  MaglevTable(List<Endpoint> endpoints, int size) {
    owners = new int[size];
    Arrays.fill(owners, FREE);
    int count = endpoints.size();
    int[] next = new int[count];
    int[] skip = new int[count];
    double[] turns = new double[count];
    int heaviest = endpoints.stream().mapToInt(Endpoint::weight).max().orElse(1);
    for (int i = 0; i < count; i++) {
      next[i] = (int) Long.remainderUnsigned(HashTable.hash(endpoints.get(i), ""), size);
      long other = HashTable.hash(endpoints.get(i), "_skip");
      skip[i] = 1 + (size == 2 ? 0 : (int) Long.remainderUnsigned(other, size - 1));
    }
    for (int taken = 0; taken < size; ) {
      for (int i = 0; i < count && taken < size; i++) {
        turns[i] += (double) endpoints.get(i).weight() / heaviest;
        // The sum of shares may end just below a whole number.
        if (turns[i] >= 1 - 1e-9) {
          turns[i] -= 1;
          next[i] = take(i, next[i], skip[i]);
          taken++;
        }
      }
    }
  }

  /** Takes the first free place from {@code from} on; where to go on looking. */
  private int take(int owner, int from, int skip) {
    int place = from;
    while (owners[place] != FREE) {
      place = (int) (((long) place + skip) % owners.length);
    }
    owners[place] = owner;
    return place;
  }

  @Override
  public int place(long hash) {
    return (int) Long.remainderUnsigned(hash, owners.length);
  }

  @Override
  public int size() {
    return owners.length;
  }

  @Override
  public int owner(int place) {
    return owners[place];
  }
}
