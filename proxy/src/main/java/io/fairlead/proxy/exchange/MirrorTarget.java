package io.fairlead.proxy.exchange;

/**
 * Where copies of requests go. Immutable.
 *
 * @param target the cluster and what guards it
 * @param counter told of each copy
 */
public record MirrorTarget(Target target, Counter counter) {

  /** Counts copies. Called on loops, each with its own number. */
  public interface Counter {
    /** A copy is handed to the cluster. */
    void begun(int loop);

    /** Octets of a copy went to an endpoint; told before it is over. */
    void sent(int loop);

    /** A copy that was begun is over. */
    void over(int loop, MirrorOutcome outcome);

    /** A copy was not even begun. */
    void dropped(int loop, MirrorOutcome why);
  }
}
