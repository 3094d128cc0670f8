package io.fairlead.outbox;

import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A number of rows, counted now and then. Between counts it moves with what this process does; what
 * others do shows at the next one. Safe for all threads.
 *
 * <p>PostgreSQL counts by looking at each row, and a tally kept in a row would let one transaction
 * at a time through. So counting takes at most a twentieth of the time.
 */
final class Estimate {
  private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int AGE_PER_COST = 20;

  private final String sql;
  private final AtomicLong rows = new AtomicLong();
  private volatile Counted counted = new Counted(System.nanoTime() - MAX_AGE_NANOS, 0);

  private record Counted(long atNanos, long costNanos) {
    boolean olderThan(long nanos) {
      return System.nanoTime() - atNanos >= Math.max(nanos, AGE_PER_COST * costNanos);
    }
  }

  Estimate(String sql) {
    this.sql = sql;
  }

  /** At most about a second old. */
  long rows(Session session) throws SQLException {
    return youngerThan(MAX_AGE_NANOS, session);
  }

  /** As young as its cost allows. */
  long rowsNow(Session session) throws SQLException {
    return youngerThan(0, session);
  }

  private long youngerThan(long nanos, Session session) throws SQLException {
    if (counted.olderThan(nanos)) {
      long start = System.nanoTime();
      rows.set(session.number(0, sql));
      counted = new Counted(start, System.nanoTime() - start);
    }
    return rows.get();
  }

  void add(long more) {
    rows.addAndGet(more);
  }
}
