package io.fairlead.registry;

import io.fairlead.discovery.CatalogChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The latest changes, in a ring, for watches to resume from. Versions ascend by one, so a version
 * is its own index. Guarded by the catalog's lock.
 */
final class History {
  private final @Nullable CatalogChange[] ring;
  private long first;
  private long next;

  /** Begins after the given version, with nothing to resume from before it. */
  History(int size, long version) {
    ring = new CatalogChange[size];
    first = version + 1;
    next = version + 1;
  }

  void append(CatalogChange change) {
    if (change.version() != next) {
      throw new IllegalArgumentException(
          "change: must have version " + next + ", was " + change.version());
    }
    ring[index(next)] = change;
    next++;
    first = Math.max(first, next - ring.length);
  }

  /** Version of the last change. */
  long version() {
    return next - 1;
  }

  /** The next changes after the version, at most so many; empty if they are no longer known. */
  Optional<List<CatalogChange>> after(long version, int atMost) {
    if (version + 1 < first || version >= next) {
      return Optional.empty();
    }
    long end = Math.min(next, version + 1 + atMost);
    var changes = new ArrayList<CatalogChange>();
    for (long v = version + 1; v < end; v++) {
      changes.add(Objects.requireNonNull(ring[index(v)], "the history has a gap"));
    }
    return Optional.of(changes);
  }

  private int index(long version) {
    return (int) (version % ring.length);
  }
}
