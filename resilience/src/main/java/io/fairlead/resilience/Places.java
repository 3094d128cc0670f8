package io.fairlead.resilience;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of places, each taken by at most one call. Safe for all threads, without locks.
 *
 * <p>Up to {@link #MOST_CELLS} places each have a cell on a cache line of their own. A thread looks
 * for a free one from the cell that its number hashes to, so threads rarely meet: taking is one
 * compare-and-set and giving back one plain store. A cell counts how often it was taken, the permit
 * carries that count, and so a place given back twice is noticed. The answer that all places are
 * taken comes only when looking at all of them twice shows the same, so there was a moment at which
 * it was true. With more places that would take too long, and a single counter serves.
 */
final class Places {
  static final long NONE = -1;
  static final int MOST_CELLS = 128;

  private static final int STRIDE = 16;
  private static final int TAKEN = 1;
  private static final int GENERATIONS = 0x7fff;

  /** A permit is 15 bits of generation, 31 bits of lease and 17 bits of place. */
  private static final int PLACE_BITS = 17;

  private static final int PLACE = (1 << PLACE_BITS) - 1;

  private final int limit;
  private final int generation;
  private final @Nullable AtomicIntegerArray cells;
  private final AtomicInteger counted = new AtomicInteger();

  /** Places of earlier settings that calls still hold, or null when there are none. */
  private volatile @Nullable Places before;

  Places(int limit) {
    this(limit, null);
  }

  private Places(int limit, @Nullable Places before) {
    this.limit = limit;
    this.before = before;
    generation = before == null ? 0 : before.generation + 1 & GENERATIONS;
    cells = limit <= MOST_CELLS ? new AtomicIntegerArray(limit * STRIDE) : null;
  }

  /** Another number of places; what is taken of these counts until it is given back. */
  Places resized(int newLimit) {
    if (newLimit == limit) {
      return this;
    }
    forgetFree();
    return new Places(newLimit, this);
  }

  /**
   * A permit for a place, or {@link #NONE}. Whoever finds these places replaced by others after
   * taking one has to give it back, since places that are replaced are forgotten once they are
   * free.
   */
  long take() {
    AtomicIntegerArray all = cells;
    if (all != null && before == null) {
      int place = Stripe.of(limit);
      int value = all.get(place * STRIDE);
      if ((value & TAKEN) == 0 && all.compareAndSet(place * STRIDE, value, value + 1)) {
        return permit(place, value);
      }
    }
    long permit = takeHere();
    return permit == NONE || before == null ? permit : fitting(permit);
  }

  private long permit(int place, int value) {
    return (long) generation << 48 | (long) (value >>> 1) << PLACE_BITS | place;
  }

  private long takeHere() {
    return cells == null ? takeCounted() : takeCell(cells);
  }

  /** This permit or another one, unless places of earlier settings leave no room for it. */
  private long fitting(long first) {
    long permit = first;
    while (permit != NONE && tooMany()) {
      giveBackHere(permit);
      // Two that took the last place together both come here, and one of them shall have it.
      if (taken() >= limit) {
        return NONE;
      }
      permit = takeHere();
    }
    return permit;
  }

  private long takeCounted() {
    while (true) {
      int taken = counted.get();
      if (taken >= limit) {
        return NONE;
      }
      if (counted.compareAndSet(taken, taken + 1)) {
        return (long) generation << 48;
      }
    }
  }

  private long takeCell(AtomicIntegerArray all) {
    int first = Stripe.of(limit);
    while (true) {
      int stamp = 0;
      for (int place = first, left = limit; left > 0; left--) {
        int value = all.get(place * STRIDE);
        if ((value & TAKEN) == 0) {
          if (all.compareAndSet(place * STRIDE, value, value + 1)) {
            return permit(place, value);
          }
          value = all.get(place * STRIDE);
        }
        stamp = 31 * stamp + value;
        place = place + 1 == limit ? 0 : place + 1;
      }
      if (stamp == stamp(all, first)) {
        return NONE;
      }
    }
  }

  /** The values of all cells folded into one; or another value if a place is free. */
  private int stamp(AtomicIntegerArray all, int first) {
    int stamp = 0;
    int free = 0;
    for (int place = first, left = limit; left > 0; left--) {
      int value = all.get(place * STRIDE);
      free |= ~value & TAKEN;
      stamp = 31 * stamp + value;
      place = place + 1 == limit ? 0 : place + 1;
    }
    return stamp + free;
  }

  /** Whether more are taken than there are, those of earlier settings included. */
  private boolean tooMany() {
    forgetFree();
    return taken() > limit;
  }

  /** Lets go of earlier settings that no call holds a place of, wherever in the row they stand. */
  private void forgetFree() {
    Places kept = this;
    for (Places earlier = before; earlier != null; earlier = earlier.before) {
      if (earlier.takenHere() == 0) {
        kept.before = earlier.before;
      } else {
        kept = earlier;
      }
    }
  }

  /** Gives a place back and tells whether the permit held one. */
  boolean giveBack(long permit) {
    return permit >>> 48 == generation ? giveBackHere(permit) : giveBackEarlier(permit);
  }

  private boolean giveBackEarlier(long permit) {
    Places owner = before;
    while (owner != null && owner.generation != permit >>> 48) {
      owner = owner.before;
    }
    return permit >= 0 && owner != null && owner.giveBackHere(permit);
  }

  private boolean giveBackHere(long permit) {
    if (cells == null) {
      if (counted.getAndDecrement() <= 0) {
        counted.getAndIncrement();
        return false;
      }
      return true;
    }
    int place = (int) permit & PLACE;
    if (place >= limit) {
      return false;
    }
    // Only the holder of the permit writes a taken cell, so what it reads is what is there.
    int taken = (int) (permit >>> PLACE_BITS) << 1 | TAKEN;
    boolean held = cells.getPlain(place * STRIDE) == taken;
    if (held) {
      cells.setRelease(place * STRIDE, taken + 1);
    }
    return held;
  }

  /** How many settings have places that may still be held, the present ones included. */
  int depth() {
    int depth = 0;
    for (Places places = this; places != null; places = places.before) {
      depth++;
    }
    return depth;
  }

  /** Places taken, those of earlier settings included; the cells are read one after the other. */
  int taken() {
    int taken = 0;
    for (Places places = this; places != null; places = places.before) {
      taken += places.takenHere();
    }
    return taken;
  }

  private int takenHere() {
    int taken = Math.max(0, counted.get());
    if (cells != null) {
      for (int place = 0; place < limit; place++) {
        taken += cells.get(place * STRIDE) & TAKEN;
      }
    }
    return taken;
  }
}
