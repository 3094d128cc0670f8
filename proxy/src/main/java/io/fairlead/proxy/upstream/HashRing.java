package io.fairlead.proxy.upstream;

import io.fairlead.traffic.Endpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Points on a ring, as many for each endpoint as its weight demands; a hash belongs to the next
 * point (Karger et al., 1997, with the virtual points of ketama). The lightest endpoint has a power
 * of two of points, the least that makes {@code minSize} of all together: so the others keep theirs
 * when an endpoint comes or goes, but where their number calls for another power.
 */
final class HashRing implements HashTable {
  private final long[] points;
  private final int[] owners;

  private record Point(long hash, int owner) {}

  private HashRing(List<Point> sorted) {
    points = new long[sorted.size()];
    owners = new int[points.length];
    for (int i = 0; i < points.length; i++) {
      points[i] = sorted.get(i).hash;
      owners[i] = sorted.get(i).owner;
    }
  }

  static HashRing of(List<Endpoint> endpoints, int minSize, int maxSize) {
    double sum = endpoints.stream().mapToLong(Endpoint::weight).sum();
    double lightest = endpoints.stream().mapToInt(Endpoint::weight).min().orElse(1) / sum;
    int points = Math.max(1, (int) Math.ceil(lightest * minSize));
    int power = points == 1 ? 1 : Integer.highestOneBit(points - 1) << 1;
    double size = Math.min(power / lightest, maxSize);
    List<Point> all = new ArrayList<>();
    double target = 0;
    for (int owner = 0; owner < endpoints.size(); owner++) {
      Endpoint endpoint = endpoints.get(owner);
      target += size * endpoint.weight() / sum;
      // The sum of shares may end just below a whole number.
      for (int i = 0; all.size() < target - 1e-6; i++) {
        all.add(new Point(HashTable.hash(endpoint, "_" + i), owner));
      }
    }
    all.sort(Comparator.comparingLong(Point::hash));
    return new HashRing(all);
  }

  @Override
  public int place(long hash) {
    int low = 0;
    int high = points.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (points[middle] < hash) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == points.length ? 0 : low;
  }

  @Override
  public int size() {
    return points.length;
  }

  @Override
  public int owner(int place) {
    return owners[place];
  }
}
