package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Head;

/**
 * One concern that every request of a listener passes, such as authorization, routing or metrics.
 * Made once per configuration and used by all loops at once: what belongs to one request is kept in
 * the {@link Exchange}.
 *
 * <p>Methods run on the request's loop and never block. Field lines for the head that goes on are
 * added to the loop's writer.
 */
public interface Layer {
  /**
   * Lets the request pass or answers it; the head is valid during the call. May also let the
   * request wait: then it sees to it that {@link Exchange#goOn} is called within a bounded time,
   * unless the exchange ends before, and keeps what it needs for that in {@link Passage#parked}.
   */
  default Verdict request(Exchange exchange, Head head) {
    return Verdict.PASS;
  }

  /**
   * A request that this layer let wait goes on, told by {@link Exchange#goOn}. The head is valid
   * during the call and has everything that was changed before.
   */
  default Verdict resumed(Exchange exchange, Head head) {
    return Verdict.PASS;
  }

  /** The head of the upstream's final answer is about to go back. */
  default void answer(Exchange exchange, Head head) {}

  /** The exchange has become a tunnel, and may last. */
  default void tunnelled(Exchange exchange) {}

  /**
   * The exchange is over; called once for each exchange whose request came to this layer, the last
   * layer first.
   */
  default void end(Exchange exchange) {}
}
