package io.fairlead.proxy.exchange;

/** What a layer says of a request. */
public sealed interface Verdict permits Verdict.Pass, LocalReply {
  /** The request goes on to the next layer. */
  Verdict PASS = new Pass();

  /** The type of {@link #PASS}. */
  record Pass() implements Verdict {}
}
