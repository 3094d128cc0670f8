package io.fairlead.proxy.exchange;

/** Which ends of a tunnel are still open. Belongs to its exchange. */
final class Tunnel {
  private final long sinceNanos;
  private boolean clientEnded;
  private boolean upstreamEnded;

  Tunnel(long sinceNanos) {
    this.sinceNanos = sinceNanos;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  /** The client sends no more; whether that is news. */
  boolean endClient() {
    boolean news = !clientEnded;
    clientEnded = true;
    return news;
  }

  /** The endpoint sends no more; whether that is news. */
  boolean endUpstream() {
    boolean news = !upstreamEnded;
    upstreamEnded = true;
    return news;
  }

  boolean isClientEnded() {
    return clientEnded;
  }

  boolean isOver() {
    return clientEnded && upstreamEnded;
  }
}
