package io.fairlead.proxy.exchange;

import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadSettings;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead and the attempts that wait for a place in it, first come first served over all loops.
 * An event loop cannot wait, so an attempt is parked here and goes on when a place is handed to it.
 * Its settings bound both how many wait and how long. Safe for all threads; methods that take an
 * attempt run on its loop.
 *
 * <p>A place can become free just while somebody joins. Whoever frees one looks at the length
 * afterwards, and whoever joins tries again after the length has grown, so one of them sees the
 * other.
 */
public final class BulkheadQueue {
  private final Bulkhead bulkhead;
  private final ArrayDeque<Attempt> waiting = new ArrayDeque<>();
  private volatile int length;

  /** An attempt and the place that is to be handed to it on its loop. */
  private record Turn(Attempt attempt, long permit) {}

  /** What became of an attempt that wants a place. */
  public enum Outcome {
    /** It has one. */
    ENTERED,
    /** It goes on, or is refused, later. */
    WAITS,
    /** There is none, and no more may wait. */
    FULL
  }

  /** The queue before the bulkhead; nobody waits yet. */
  public BulkheadQueue(Bulkhead bulkhead) {
    this.bulkhead = bulkhead;
  }

  /** The bulkhead that is waited for. */
  public Bulkhead bulkhead() {
    return bulkhead;
  }

  /** Attempts that wait. */
  public int length() {
    return length;
  }

  /** Takes a place for the attempt, or puts it in the queue. */
  public Outcome enter(Attempt attempt) {
    BulkheadSettings settings = bulkhead.settings();
    boolean mayWait = !settings.maxWait().isZero() && settings.maxWaitingCalls() > 0;
    // Where others wait, a free place is theirs.
    if (!mayWait || length == 0 && hasRoom()) {
      if (tryEnter(attempt)) {
        return Outcome.ENTERED;
      }
      if (!mayWait) {
        return Outcome.FULL;
      }
    }
    if (!join(attempt, settings.maxWaitingCalls())) {
      return tryEnter(attempt) ? Outcome.ENTERED : Outcome.FULL;
    }
    long wait = settings.maxWait().toNanos();
    attempt.park(attempt.loop().schedule(() -> giveUp(attempt), wait));
    admit();
    return Outcome.WAITS;
  }

  private synchronized boolean join(Attempt attempt, int bound) {
    if (waiting.size() >= bound) {
      return false;
    }
    waiting.add(attempt);
    length = waiting.size();
    return true;
  }

  private synchronized boolean remove(Attempt attempt) {
    boolean removed = waiting.removeFirstOccurrence(attempt);
    length = waiting.size();
    return removed;
  }

  /** Also counts the rejection if there is no place. */
  private boolean tryEnter(Attempt attempt) {
    long permit = bulkhead.tryAcquire();
    if (permit < 0) {
      return false;
    }
    attempt.enterBulkhead(permit);
    return true;
  }

  private boolean hasRoom() {
    return bulkhead.inUse() < bulkhead.settings().maxConcurrentCalls();
  }

  /** The attempt is over, wherever it stands. */
  public void leave(Attempt attempt) {
    if (attempt.isInBulkhead()) {
      release(attempt.bulkheadPermit());
    } else if (attempt.isParked()) {
      attempt.unpark();
      remove(attempt);
    }
  }

  private void release(long permit) {
    bulkhead.release(permit);
    admit();
  }

  /** Hands free places to those who wait; from any thread, after places have become free. */
  public void admit() {
    while (length > 0) {
      Turn turn = next();
      if (turn == null) {
        return;
      }
      turn.attempt.loop().execute(() -> take(turn));
    }
  }

  /** The next attempt, for which a place has been taken; null without attempt or place. */
  private synchronized @Nullable Turn next() {
    if (waiting.isEmpty() || !hasRoom()) {
      return null;
    }
    long permit = bulkhead.tryAcquire();
    if (permit < 0) {
      return null;
    }
    var turn = new Turn(waiting.remove(), permit);
    length = waiting.size();
    return turn;
  }

  private void take(Turn turn) {
    Attempt attempt = turn.attempt;
    if (!attempt.isParked()) {
      // It gave up while its turn was on the way.
      release(turn.permit);
      return;
    }
    attempt.unpark();
    attempt.enterBulkhead(turn.permit);
    attempt.goOn();
  }

  private void giveUp(Attempt attempt) {
    // One that is not in the queue any more has its turn on the way.
    if (!attempt.isParked() || !remove(attempt)) {
      return;
    }
    attempt.unpark();
    if (tryEnter(attempt)) {
      attempt.goOn();
    } else {
      attempt.refuse(refusal(attempt));
    }
  }

  /** The answer to an attempt that got no place. */
  public static LocalReply refusal(Attempt attempt) {
    String name = attempt.target().upstream().name();
    return LocalReply.of(Reason.BULKHEAD_FULL, "as many calls of " + name + " run as may");
  }
}
