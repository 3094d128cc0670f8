package io.fairlead.proxy.downstream;

/** What an HTTP/1.1 connection of a client is about. */
enum Phase {
  /** Between requests, or in the middle of a head. */
  HEAD,
  EXCHANGE,
  /** The answer is whole, the request is not: its rest is dropped. */
  DISCARD,
  /** The last answer is written; whatever comes is dropped. */
  LINGER,
  CLOSED
}
