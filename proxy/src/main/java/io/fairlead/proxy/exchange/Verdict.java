package io.fairlead.proxy.exchange;

/** What a layer says of a request. */
public sealed interface Verdict permits Verdict.Pass, Verdict.Wait, LocalReply {
  /** The request goes on to the next layer. */
  Verdict PASS = new Pass();

  /** The type of {@link #PASS}. */
  record Pass() implements Verdict {}

  /** A request or an attempt stays where it is until it is told to go on. */
  Verdict WAIT = new Wait();

  /** The type of {@link #WAIT}. */
  record Wait() implements Verdict {}
}
