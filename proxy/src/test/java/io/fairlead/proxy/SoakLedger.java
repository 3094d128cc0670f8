package io.fairlead.proxy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/** What became of each request of a soak, in memory that does not grow. Thread-safe. */
final class SoakLedger {
  private static final int MAX_REQUESTS = 8_000_000;
  private static final int RECORDED = 1;
  private static final int ANSWERED = 1 << 8;
  private static final int REFUSED = 1 << 16;
  private static final int REPEATABLE = 1 << 24;

  /** By the request's number: how often it was recorded, answered and refused, and its kind. */
  private final AtomicIntegerArray entries = new AtomicIntegerArray(MAX_REQUESTS);

  private final AtomicInteger next = new AtomicInteger();
  private final AtomicLong bodyOctets = new AtomicLong();
  private final AtomicInteger misrouted = new AtomicInteger();
  private final AtomicInteger cut = new AtomicInteger();

  /** Sums over all requests. */
  record Sums(
      int sent,
      int answered,
      int recorded,
      int refused,
      int refusedThoughRecorded,
      int refusedThoughRepeatable,
      int lost,
      int doubled,
      int repeatedByRetries,
      int misrouted,
      int cutByClients,
      long bodyOctets) {}

  /** The number of a new request, or -1 when there are no more. */
  int begin(boolean repeatable) {
    int number = next.getAndIncrement();
    if (number >= MAX_REQUESTS) {
      return -1;
    }
    entries.set(number, repeatable ? REPEATABLE : 0);
    return number;
  }

  /** An upstream has the whole request. */
  void recorded(int number, boolean rightService) {
    entries.addAndGet(number, RECORDED);
    if (!rightService) {
      misrouted.incrementAndGet();
    }
  }

  /** The client has the whole answer, and it is that of this request, or not. */
  void answered(int number, boolean own, int octets) {
    entries.addAndGet(number, ANSWERED);
    bodyOctets.addAndGet(octets);
    if (!own) {
      misrouted.incrementAndGet();
    }
  }

  /** The proxy said that nobody could answer. */
  void refused(int number) {
    entries.addAndGet(number, REFUSED);
  }

  /** The client went away on purpose. */
  void cut(int number) {
    refused(number);
    cut.incrementAndGet();
  }

  Sums sums() {
    int sent = Math.min(next.get(), MAX_REQUESTS);
    int[] sum = new int[8];
    for (int number = 0; number < sent; number++) {
      int entry = entries.get(number);
      int recorded = entry & 0xff;
      int answered = entry >> 8 & 0xff;
      int refused = entry >> 16 & 0xff;
      boolean repeatable = entry >= REPEATABLE;
      sum[0] += answered;
      sum[1] += recorded > 0 && answered > 0 ? 1 : 0;
      sum[2] += refused;
      sum[3] += refused > 0 && recorded > 0 ? 1 : 0;
      sum[4] += refused > 0 && repeatable ? 1 : 0;
      sum[5] += answered + refused == 0 || answered > 0 && recorded == 0 ? 1 : 0;
      sum[6] += answered + refused > 1 || recorded > 1 && !repeatable ? 1 : 0;
      sum[7] += recorded > 1 && repeatable ? 1 : 0;
    }
    return new Sums(
        sent,
        sum[0],
        sum[1],
        sum[2],
        sum[3],
        sum[4],
        sum[5],
        sum[6],
        sum[7],
        misrouted.get(),
        cut.get(),
        bodyOctets.get());
  }
}
