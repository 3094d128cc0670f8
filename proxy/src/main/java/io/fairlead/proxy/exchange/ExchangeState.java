package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Loop;
import org.jspecify.annotations.Nullable;

/** What is known of an exchange, for the layers to read and to add to. Belongs to its loop. */
abstract sealed class ExchangeState permits Exchange {
  final Loop loop;
  final Stack stack;
  final Peer peer;
  final Method method;
  final long startNanos;
  @Nullable MatchedRoute route;
  @Nullable Target target;
  @Nullable Affinity affinity;
  @Nullable Trace trace;
  boolean aborted;
  int status;
  @Nullable Reason reason;
  long endNanos;
  Upgrade upgrade = Upgrade.NONE;
  long received;
  long sent;
  private int marks;
  private @Nullable Note notes;

  /** What a layer keeps of an exchange; there are few. */
  private record Note(Layer owner, Object content, @Nullable Note next) {}

  ExchangeState(Loop loop, Stack stack, Peer peer, Method method) {
    this.loop = loop;
    this.stack = stack;
    this.peer = peer;
    this.method = method;
    startNanos = loop.nanos();
  }

  public Loop loop() {
    return loop;
  }

  public Stack stack() {
    return stack;
  }

  public Peer peer() {
    return peer;
  }

  public Method method() {
    return method;
  }

  public long startNanos() {
    return startNanos;
  }

  /** When it ended; means something in {@link Layer#end}. */
  public long endNanos() {
    return endNanos;
  }

  /** The route that the request takes; a routing layer must have found it. */
  public MatchedRoute route() {
    MatchedRoute found = route;
    if (found == null) {
      throw new IllegalStateException("no layer of " + stack.listener() + " found a route");
    }
    return found;
  }

  /** The route that the request takes, or null before routing and without one. */
  public @Nullable MatchedRoute routeOrNull() {
    return route;
  }

  /** Says which route the request takes. */
  public void route(MatchedRoute found) {
    route = found;
  }

  /** Where the request goes; a routing layer must have chosen it. */
  public Target target() {
    Target chosen = target;
    if (chosen == null) {
      throw new IllegalStateException("no layer of " + stack.listener() + " chose a target");
    }
    return chosen;
  }

  /** Where the request goes, or null before routing and after a reply without a route. */
  public @Nullable Target targetOrNull() {
    return target;
  }

  /** Chooses where a copy of a request goes, which nothing ties to one endpoint. */
  void target(Target chosen) {
    target = chosen;
  }

  /** What ties the request to one endpoint of its target, or null. */
  public @Nullable Affinity affinity() {
    return affinity;
  }

  /** What the request's spans need, or null if it is not recorded. */
  public @Nullable Trace trace() {
    return trace;
  }

  /** Has the request recorded. */
  public void trace(Trace recorded) {
    trace = recorded;
  }

  /** Status of the answer that went to the client; 0 if none did. */
  public int status() {
    return status;
  }

  /** Why the proxy answered itself or gave up, or null. */
  public @Nullable Reason reason() {
    return reason;
  }

  /** Whether the answer was not completed, by the client's or the upstream's fault. */
  public boolean isAborted() {
    return aborted;
  }

  /** Response flags that were set on the way, as {@link ResponseFlag#bit}s. */
  public int marks() {
    return marks;
  }

  /** Sets a flag that cannot be told from how the exchange ends. */
  public void mark(ResponseFlag flag) {
    marks |= flag.bit();
  }

  /** Octets of the request's body that came, with the framing of chunks; or into the tunnel. */
  public long received() {
    return received;
  }

  /** Octets of the answer's body that were sent on, with the framing of chunks. */
  public long sent() {
    return sent;
  }

  /** What this layer keeps of the exchange, or null. */
  public @Nullable Object note(Layer owner) {
    for (Note note = notes; note != null; note = note.next) {
      if (note.owner == owner) {
        return note.content;
      }
    }
    return null;
  }

  /** Keeps something for this layer as long as the exchange lasts; once for each layer. */
  public void note(Layer owner, Object content) {
    notes = new Note(owner, content, notes);
  }

  /** Whether it is to become a tunnel. */
  public Upgrade upgrade() {
    return upgrade;
  }

  /** Has it become a tunnel, if the upstream wants that too. */
  public void upgrade(Upgrade wanted) {
    upgrade = wanted;
  }
}
