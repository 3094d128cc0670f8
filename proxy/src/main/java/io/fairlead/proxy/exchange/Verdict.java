package io.fairlead.proxy.exchange;

/** What a layer says of a request. */
public sealed interface Verdict permits Verdict.Pass, Verdict.Wait, LocalReply {
  /** The request goes on to the next layer. */
  Verdict PASS = new Pass();

  /** The type of {@link #PASS}. */
  record Pass() implements Verdict {}

  /** An attempt stays where it is until it is told to go on; only attempt layers may say so. */
  Verdict WAIT = new Wait();

  /** The type of {@link #WAIT}. */
  record Wait() implements Verdict {}
}
