package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.http1.Head;
import java.util.function.Consumer;

/** Asks a service about requests, in one protocol or another. Immutable; used by all loops. */
interface Judge {
  /** A question that waits for its answer. */
  @FunctionalInterface
  interface Question {
    /** Gives it up. */
    void cancel();
  }

  /**
   * What is asked.
   *
   * @param body the first octets of the request's body, perhaps none
   * @param cut whether there are more
   */
  record Subject(Exchange exchange, Head head, byte[] body, boolean cut) {}

  /** Asks; the answer is told once, in a task of its own on the request's loop. */
  Question ask(Subject subject, Consumer<Decision> told);

  /** Takes out of a request what only the service may say. */
  void strip(Head head);
}
